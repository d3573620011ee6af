import dataclasses
import os.path as osp
from typing import Any, Dict, List

from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner

from ...registry import HOOKS
from ...utils.config.config_tree import dotted, walk_config
from ...utils.model_parts import unwrap_model
from ...utils.safe_loading import load_from_local, weights_file
from ..checkpoints.checkpoint_check import (check_expectations, check_network,
                                            resume_differences)
from ..checkpoints.checkpoint_files import (check_start_weights,
                                            has_all_but_backbone)
from ..checkpoints.training_facts import (FACTS_KEY, describe_dataset,
                                          read_facts)
from .run_facts import check_start, collect_facts, leak_allowed

#: Keys of a config that name the initial weights of a part.
_WEIGHT_KEYS = ('checkpoint', 'pretrained')


@HOOKS.register_module()
class TrainingFactsHook(Hook):
    """Record what a run trains on, and check its initial weights.

    Checkpoints get the facts of their training: classes, image size, batch
    size, steps an epoch, the options of the datasets and the hashes of their
    lists of images, the subjects as hashes, and the checkpoints that the run
    was initialised from, with theirs. A checkpoint that is resumed, tested or
    initialised from is compared with them, see
    :mod:`mmfermtl.engine.checkpoints.checkpoint_check`; one of an earlier
    version by the text of its config, with a warning.

    Weights of ``load_from`` must fit in the backbone, or if the model has
    none anywhere.

    Args:
        allow_leak (bool): Whether to warn instead of refusing where held-out
            subjects were trained on; the :class:`LeakCheckHook` of the run
            can allow it, too. Defaults to False.

    Raises:
        ValueError: If the checkpoint does not suit the run.
    """

    # After the hook that loads parts.
    priority = 'NORMAL'

    def __init__(self, allow_leak: bool = False) -> None:
        self.allow_leak = allow_leak
        self._facts: Dict[str, Any] = {}
        self._ancestors: List[Dict[str, Any]] = []

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare a checkpoint with the run before its weights are used."""
        path = str(runner._load_from or f'in {runner.work_dir}')
        if not isinstance(runner._train_loop, BaseLoop):
            for loop in (runner._test_loop, runner._val_loop):
                if isinstance(loop, BaseLoop):
                    check_network(checkpoint, path, loop.dataloader.dataset,
                                  'checkpoint', leak_allowed(runner))
            return
        if runner._resume:
            facts = read_facts(checkpoint, path)
            differences = resume_differences(facts, collect_facts(runner))
            if differences:
                raise ValueError(
                    f'checkpoint {path} is of another run '
                    f'({"; ".join(differences)}): its schedule and its draws '
                    'would not continue as they started. Resume with the '
                    'config and the options that it was trained with, or '
                    'start a new run with load_from')
            self._ancestors = facts.initialised_from
            return
        model = unwrap_model(runner.model)
        check_start_weights(model, checkpoint, path)
        facts = check_start(runner, checkpoint, path, 'load_from')
        if has_all_but_backbone(model, checkpoint):
            check_expectations(
                facts,
                f'checkpoint {path}',
                describe_dataset(runner.train_dataloader.dataset),
                size=False)
        self._ancestors = facts.as_ancestor(osp.basename(path), 'load_from')

    def before_train(self, runner: Runner) -> None:
        """Collect the facts of the run."""
        ancestors = list(self._ancestors)
        if runner.iter == 0:
            for hook in runner.hooks:
                ancestors += getattr(hook, 'ancestors', [])
            model = runner.cfg.get('model')
            for keys, path in walk_config(model, ('model', )):
                if keys[-1] not in _WEIGHT_KEYS or not isinstance(path, str):
                    continue
                if osp.isfile(weights_file(path)):
                    loaded = load_from_local(path)  # of whatever project
                    loaded = loaded if isinstance(loaded, dict) else {}
                    role = dotted(keys)
                    facts = check_start(runner, loaded, path, role)
                    ancestors += facts.as_ancestor(osp.basename(path), role)
        self._facts = dataclasses.replace(
            collect_facts(runner), initialised_from=ancestors).to_dict()

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Put the facts into the checkpoint."""
        if self._facts:
            checkpoint['meta'][FACTS_KEY] = self._facts

import os.path as osp
import re
from typing import Any, Dict, List, Optional, Sequence, Union

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import Tensor, nn

from ...expressions import resolve_classes
from ...registry import HOOKS
from ...utils.safe_loading import describe_misfit, load_checkpoint_safely
from ..checkpoints.checkpoint_files import trained_classes, trained_config
from ..checkpoints.classifier_transfer import (ClassMatch, classifier_tensors,
                                               match_classes, rows_fit,
                                               transfer_classifier)
from ..checkpoints.recorded_config import checkpoint_meta
from .run_facts import check_start

State = Dict[str, Tensor]


@HOOKS.register_module()
class LoadExpressionPartsHook(Hook):
    """Begin a run with parts of a model that was trained on another dataset.

    The release of 2021 pretrains on BU-4DFE and goes on with the encoders,
    the units between them and the classifier, whereas the decoder and the
    label transformer begin afresh; so do the discriminator and the
    optimizers.

    The classes of the two datasets may differ in number and order: the rows
    of the classifier are carried over by the canonical names of their
    classes, those of a new class keep their initial values, and the log says
    which. All other weights must fit exactly. MMEngine's ``load_from`` knows
    neither: it drops what does not fit, and takes equal numbers of classes
    for equal classes.

    A run that is resumed, and a test, have all weights from their own
    checkpoint, and are left alone. Without a checkpoint to resume from,
    ``--resume auto`` starts afresh, and the parts are loaded.

    Args:
        checkpoint (str): Checkpoint of the other run. It is loaded without
            running code from it.
        parts (Sequence[str]): Children of ``model.network``, or of a model
            without that, such as ``mmpretrain.ImageClassifier``. Defaults to
            ``('backbone', 'head')``; the units are inside the backbone.
        classes (int | Sequence[str], optional): Classes of the checkpoint,
            if it does not say: 6, 7, 8 or names in label order. Defaults to
            None, the names that MMEngine stored.

    Raises:
        ValueError: If the file cannot be read, the parts do not fit, the
            classes are unknown or have nothing in common, or the checkpoint
            was trained on subjects that the run holds out.

    Examples:
        >>> default_hooks = dict(
        ...     load_parts=dict(
        ...         type='mmfermtl.LoadExpressionPartsHook',
        ...         checkpoint='work_dirs/fermtl_bu4dfe/epoch_500.pth'))
    """

    # MMEngine initialises the weights after `before_run`, so that they are
    # replaced in `before_train`, ahead of every hook that looks at them. An
    # EMAHook takes its copy from the model at the first iteration.
    priority = 'VERY_HIGH'

    def __init__(self,
                 checkpoint: str,
                 parts: Sequence[str] = ('backbone', 'head'),
                 classes: Union[int, Sequence[str], None] = None) -> None:
        if isinstance(parts, str) or not parts:
            raise ValueError(f'parts={parts!r}; give a list of names such as '
                             "('backbone', 'head')")
        self.checkpoint = checkpoint
        self.parts = tuple(parts)
        self.classes = None if classes is None else resolve_classes(classes)
        #: Facts of the checkpoint and of those that it began with, once
        #: loaded.
        self.ancestors: List[Dict[str, Any]] = []

    def before_train(self, runner: Runner) -> None:
        """Load the parts, if nothing has been trained yet."""
        if runner.iter > 0:
            runner.logger.info(
                f'The run was resumed at iteration {runner.iter}: no part of '
                f'{self.checkpoint} is loaded.')
            return
        if runner.cfg.get('load_from') and not runner.cfg.get('resume'):
            raise ValueError(
                f'load_from={runner.cfg.load_from} and '
                f'LoadExpressionPartsHook(checkpoint={self.checkpoint}) both '
                'give the first weights; remove one of them')
        model = runner.model
        model = model.module if is_model_wrapper(model) else model
        root = getattr(model, 'network', model)
        checkpoint = load_checkpoint_safely(self.checkpoint)
        facts = check_start(runner, checkpoint, self.checkpoint,
                            type(self).__name__)
        self.ancestors = facts.as_ancestor(
            osp.basename(self.checkpoint),
            type(self).__name__)
        wanted = self._own(root.state_dict())
        given = self._own(_without_prefix(checkpoint['state_dict']))
        self._check_parts(root, wanted, given)
        match = None
        if 'head' in self.parts:
            match = self._carry_classifier(runner, root.head, checkpoint,
                                           wanted, given)
        problems = describe_misfit(wanted, given)
        if problems:
            raise ValueError(
                f'checkpoint {self.checkpoint} does not fit the parts '
                f'{", ".join(self.parts)} of {runner.cfg.filename}: '
                f'{problems}. {_hint(checkpoint, runner.cfg)}')
        root.load_state_dict(given, strict=False)
        runner.logger.info(
            _report(self.checkpoint, self.parts, len(given), match))

    def _own(self, state: State) -> State:
        """The tensors that belong to the parts."""
        starts = tuple(f'{part}.' for part in self.parts)
        return {k: v for k, v in state.items() if k.startswith(starts)}

    def _check_parts(self, root: nn.Module, wanted: State,
                     given: State) -> None:
        """Refuse a name that selects nothing, on either side."""
        for part in self.parts:
            if not any(k.startswith(f'{part}.') for k in wanted):
                children = [name for name, _ in root.named_children()]
                raise ValueError(f'LoadExpressionPartsHook: the model has no '
                                 f'weights in {part!r}; its parts are '
                                 f'{", ".join(children)}')
            if not any(k.startswith(f'{part}.') for k in given):
                raise ValueError(f'checkpoint {self.checkpoint} has no '
                                 f'weights of {part!r}; leave it out of '
                                 '`parts`, or use a checkpoint of a model '
                                 'that has it')

    def _carry_classifier(self, runner: Runner, head: nn.Module,
                          checkpoint: Dict[str, Any], wanted: State,
                          given: State) -> ClassMatch:
        """Replace the classifier's tensors in ``given`` by matched ones."""
        new = runner.train_dataloader.dataset.metainfo['classes']
        old = self.classes or trained_classes(checkpoint)
        if old is None:
            raise ValueError(
                f'checkpoint {self.checkpoint} does not say which classes its '
                'classifier has; give them as `classes` of '
                "LoadExpressionPartsHook, or leave 'head' out of `parts`")
        match = match_classes(new, old)
        if not match.shared:
            raise ValueError(
                f'no class of the checkpoint {self.checkpoint} {tuple(old)} '
                f'is a class of the training set {tuple(new)}; leave '
                "'head' out of `parts`")
        names = classifier_tensors(head, len(new))
        if not names:
            raise ValueError(
                f'{runner.cfg.filename}: no layer of the head has '
                f'{len(new)} outputs, as many as the training set has '
                'classes; set num_classes of head and generator')
        for name in (f'head.{name}' for name in names):
            if name not in given:
                continue  # reported with all other missing keys
            if not rows_fit(wanted[name], given[name], len(old)):
                raise ValueError(
                    f'checkpoint {self.checkpoint}: {name} has the shape '
                    f'{tuple(given[name].shape)}, expected {len(old)} classes '
                    f'{tuple(old)} of {tuple(wanted[name].shape[1:])}. '
                    f'{_hint(checkpoint, runner.cfg)}')
            given[name] = transfer_classifier(wanted[name], given[name], match)
        return match


def _without_prefix(state: State) -> State:
    """Names relative to the network, wherever it is in the model."""
    return {
        re.sub(r'^(module\.)?(network\.)?', '', k): v
        for k, v in state.items()
    }


def _hint(checkpoint: Dict[str, Any], cfg: Any) -> str:
    """Say which preset the checkpoint needs, as far as it is recorded."""
    text = str(checkpoint_meta(checkpoint).get('cfg') or '')
    old, new = (
        re.findall(r"\barch='(\w+)'", t) for t in (text, cfg.pretty_text))
    name = trained_config(checkpoint)
    origin = f" with config '{name}'" if name else ''
    if old and new and old[0] != new[0]:
        return (f"It was trained{origin} with arch='{old[0]}', this config "
                f"has arch='{new[0]}'. Pretrain with arch='{new[0]}', or set "
                f"the backbone's arch to '{old[0]}' and the widths with it")
    return (f'It was trained{origin}; backbone and head must have the same '
            'options in both configs')


def _report(path: str, parts: Sequence[str], count: int,
            match: Optional[ClassMatch]) -> str:
    """What the log says."""
    lines = [f'Loaded {", ".join(parts)} ({count} tensors) from {path}.']
    if match is not None:
        lines.append('Classifier, by name: carried over '
                     f'{", ".join(match.shared)}; fresh '
                     f'{", ".join(match.fresh) or "none"}; left behind '
                     f'{", ".join(match.dropped) or "none"}.')
    return ' '.join(lines)

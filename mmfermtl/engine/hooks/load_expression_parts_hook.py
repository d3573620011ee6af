import os.path as osp
import re
from typing import Any, Dict, List, Optional, Sequence, Union

from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor, nn

from ...expressions import ClassMatch, match_classes, resolve_classes
from ...registry import HOOKS
from ...utils.model_parts import unwrap_model
from ...utils.safe_loading import describe_misfit, load_checkpoint_safely
from ..checkpoints.checkpoint_files import trained_classes, trained_config
from ..checkpoints.classifier_transfer import (classifier_tensors,
                                               transfer_classifier)
from .run_facts import check_start

State = Dict[str, Tensor]


@HOOKS.register_module()
class LoadExpressionPartsHook(Hook):
    """Initialise parts of a model from one trained on another dataset.

    The release of 2021 pretrains on BU-4DFE and initialises the encoders, the
    units between them and the classifier from there, whereas the decoder and
    the label transformer, the discriminator and the optimizers are trained
    from scratch.

    The classes of the two datasets may differ in number and order: the
    classifier weights are transferred by the canonical names of the classes,
    those of a new class keep their initial values, and the log lists both.
    All other weights must fit exactly. MMEngine's ``load_from`` checks
    neither: it drops what does not fit, and takes equal numbers of classes
    for equal classes.

    A run that is resumed, and a test, have all weights from their own
    checkpoint, and the hook does nothing. ``--resume auto`` without a
    checkpoint starts from scratch, and the parts are loaded.

    Args:
        checkpoint (str): Checkpoint of the other run, or published weights:
            the name of weights that come with the package, such as
            ``'fer_tiny_ferplus'``, or a ``*.safetensors`` file. It is loaded
            without running code from it.
        parts (Sequence[str]): Children of ``model.network``, or of a model
            without that, such as ``mmpretrain.ImageClassifier``. Defaults to
            ``('backbone', 'head')``; the units are inside the backbone.
        classes (int | Sequence[str], optional): Classes of the checkpoint,
            if it does not record them: 6, 7, 8 or names in label order.
            Defaults to None, the names that MMEngine stored.
        copies (dict[str, str], optional): Modules of the network that the
            checkpoint lacks, and the ones of the checkpoint whose weights
            they get, such as ``{'backbone.fes_stages':
            'backbone.fer_stages'}`` to begin with the synthesis branch of a
            recogniser. Those that the model itself lacks are moved.
            Defaults to None.
        from_scratch (Sequence[str]): Modules of the parts that may keep
            their initial values, such as ``'backbone.sharing'``, where the
            checkpoint lacks them. Defaults to ().

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
    # replaced in `before_train`, ahead of every hook that reads them. An
    # EMAHook takes its copy from the model at the first iteration.
    priority = 'VERY_HIGH'

    def __init__(
        self,
        checkpoint: str,
        parts: Sequence[str] = ('backbone', 'head'),
        classes: Union[int, Sequence[str], None] = None,
        copies: Optional[Dict[str, str]] = None,
        from_scratch: Sequence[str] = ()
    ) -> None:
        if isinstance(parts, str) or not parts:
            raise ValueError(f'parts={parts!r}; give a list of names such as '
                             "('backbone', 'head')")
        self.checkpoint = checkpoint
        self.parts = tuple(parts)
        self.classes = None if classes is None else resolve_classes(classes)
        self.copies = dict(copies or {})
        self.from_scratch = tuple(from_scratch)
        #: Facts of the checkpoint and of those that it was initialised from,
        #: once loaded.
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
        model = unwrap_model(runner.model)
        root = getattr(model, 'network', model)
        checkpoint = load_checkpoint_safely(self.checkpoint)
        facts = check_start(runner, checkpoint, self.checkpoint,
                            type(self).__name__)
        self.ancestors = facts.as_ancestor(
            osp.basename(self.checkpoint),
            type(self).__name__)
        wanted = self._own(root.state_dict())
        # Names are relative to the network, wherever it is in the model.
        given = self._own({
            re.sub(r'^(module\.)?(network\.)?', '', k): v
            for k, v in checkpoint['state_dict'].items()
        })
        self._copy_modules(wanted, given)
        for part in self.parts:
            if not any(k.startswith(f'{part}.') for k in wanted):
                children = [name for name, _ in root.named_children()]
                raise ValueError(f'LoadExpressionPartsHook: the model has no '
                                 f'weights in {part!r}; its parts are '
                                 f'{", ".join(children)}')
        match = None
        if 'head' in self.parts:
            match = self._transfer_classifier(runner, root.head, checkpoint,
                                              wanted, given)
        for key in set(wanted) - set(given):
            if _is_in(key, self.from_scratch):
                del wanted[key]
        problems = describe_misfit(wanted, given)
        if problems:
            raise ValueError(
                f'checkpoint {self.checkpoint} does not fit the parts '
                f'{", ".join(self.parts)} of {runner.cfg.filename}: '
                f'{problems}. {_hint(checkpoint)}')
        root.load_state_dict(given, strict=False)
        runner.logger.info(
            _report(self.checkpoint, self.parts, len(given), match))

    def _own(self, state: State) -> State:
        """The tensors that belong to the parts."""
        starts = tuple(f'{part}.' for part in self.parts)
        return {k: v for k, v in state.items() if k.startswith(starts)}

    def _copy_modules(self, wanted: State, given: State) -> None:
        """Add the weights of modules that the checkpoint lacks.

        Of those that they are from, what the model lacks is taken away.
        """
        moved = set()
        for new, old in self.copies.items():
            found = [key for key in given if _is_in(key, (old, ))]
            if not found:
                raise ValueError(
                    f'LoadExpressionPartsHook: copies[{new!r}]={old!r}, but '
                    f'the checkpoint {self.checkpoint} has no weights of '
                    'that name in its parts; name one of its modules')
            for key in found:
                name = f'{new}{key[len(old):]}'
                if name in wanted:
                    given.setdefault(name, given[key])
                    if key not in wanted:
                        moved.add(key)
        for key in moved:
            del given[key]

    def _transfer_classifier(self, runner: Runner, head: nn.Module,
                             checkpoint: Dict[str, Any], wanted: State,
                             given: State) -> ClassMatch:
        """Replace the classifier's tensors in ``given`` by matched ones."""
        new = runner.train_dataloader.dataset.metainfo['classes']
        old = self.classes or trained_classes(checkpoint)
        if old is None:
            raise ValueError(
                f'checkpoint {self.checkpoint} does not record the classes of '
                'its classifier; give them as `classes` of '
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
            if given[name].shape != (len(old), *wanted[name].shape[1:]):
                raise ValueError(
                    f'checkpoint {self.checkpoint}: {name} has the shape '
                    f'{tuple(given[name].shape)}, expected {len(old)} classes '
                    f'{tuple(old)} of {tuple(wanted[name].shape[1:])}. '
                    f'{_hint(checkpoint)}')
            given[name] = transfer_classifier(wanted[name], given[name], match)
        return match


def _is_in(key: str, modules: Sequence[str]) -> bool:
    """Return whether a tensor belongs to one of several modules."""
    return any(key.startswith(f'{name}.') for name in modules)


def _hint(checkpoint: Dict[str, Any]) -> str:
    """Name the config of the checkpoint, as far as it is recorded."""
    name = trained_config(checkpoint)
    origin = f" with config '{name}'" if name else ''
    return (f'It was trained{origin}; backbone and head must have the same '
            'options, such as arch and widths, in both configs')


def _report(path: str, parts: Sequence[str], count: int,
            match: Optional[ClassMatch]) -> str:
    """Write the line of the log."""
    text = f'Loaded {", ".join(parts)} ({count} tensors) from {path}.'
    if match is None:
        return text
    shared, added, dropped = (', '.join(names) or 'none'
                              for names in (match.shared, match.added,
                                            match.dropped))
    return (f'{text} Classifier weights, transferred by class name: {shared}; '
            f'initialised from scratch: {added}; dropped: {dropped}.')

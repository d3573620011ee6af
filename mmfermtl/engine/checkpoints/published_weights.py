"""Publish weights with all that is needed to use them, and load them by name.

A published file holds the weights of the network in half precision, and in
its metadata the config of the model, the test pipeline, the classes, what
the network was trained on, and its calibration, if it has one.
"""
import os.path as osp
from typing import Any, Dict, List, NamedTuple, Optional

from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import Tensor, nn

from ...registry import MODELS
from ...utils.calibration_file import check_calibration
from ...utils.contained_files import file_sha256
from ...utils.json_documents import equals, find_misfit
from ...utils.model_parts import keep_weights
from ...utils.safe_loading import (describe_misfit, find_published,
                                   load_checkpoint_safely, read_safetensors,
                                   weights_file)
from ...utils.safe_loading.published_checkpoint import require_published
from ...utils.safe_loading.safetensors_files import (SUFFIX, half_precision,
                                                     write_safetensors)
from ...utils.wrapped_datasets import leaf_datasets
from .checkpoint_files import check_checkpoint_fits, trained_config
from .recorded_config import checkpoint_meta
from .training_facts import FACTS_KEY, TrainingFacts, read_facts

FORMAT = 'mmfermtl-weights-1'
_SHAPE = {
    'format': equals(FORMAT),
    'name': str,
    'config': (str, None),
    'model': dict,
    'pipeline': [dict],
    'classes': [str],
    'training_facts': dict,
    'checkpoint_sha256': str,
    'calibration?': (dict, None),
}
#: Parts that a model from a file may have: none of them reads other files.
_PARTS = {
    f'mmfermtl.{name}'
    for name in ('FERMTL', 'FERMTLNetwork', 'ExpressionDataPreprocessor',
                 'ConvFLUBackbone', 'DualBackbone', 'FaceApiResNet',
                 'ConvFLUExchange', 'ConvFLU', 'CrossStitch', 'NDDR',
                 'HardSharing', 'PlainStage', 'ResidualStage', 'FERHead',
                 'FESGenerator', 'CrossEntropyLoss', 'UpsampleConv2d')
} | {'BN', 'IN', 'ReLU', 'LeakyReLU', 'deconv'}
#: Transforms that read nothing but the image.
_TRANSFORMS = {
    f'mmfermtl.{name}'
    for name in ('LoadFace', 'ToGray', 'ResizeFace', 'PackExpressionInputs')
}


class PublishedWeights(NamedTuple):
    """The content of a published file."""

    path: str
    state: Dict[str, Tensor]
    #: As in ``_SHAPE``.
    description: Dict[str, Any]

    @property
    def classes(self) -> List[str]:
        """list[str]: Names in label order."""
        return self.description['classes']

    @property
    def calibration(self) -> Optional[Dict[str, Any]]:
        """dict, optional: As in ``calibration.json``, validated."""
        return self.description.get('calibration')

    @property
    def record(self) -> Dict[str, Any]:
        """dict: What is known of its training, with the keys of a checkpoint.
        """
        about = self.description
        return dict(meta={FACTS_KEY: about['training_facts']})

    def build(self) -> nn.Module:
        """Build the model with its weights.

        Returns:
            nn.Module: :class:`~mmfermtl.models.FERMTL`, in evaluation mode
            on the CPU.

        Raises:
            ValueError: If the weights do not fit.
        """
        init_default_scope('mmpretrain')
        model = MODELS.build(Config(self.description['model'])._cfg_dict)
        problems = describe_misfit(model.state_dict(), self.state)
        if problems:
            raise ValueError(f'weights {self.path} do not fit the model that '
                             f'they describe: {problems}; publish them again')
        model.load_state_dict(self.state)
        return keep_weights(model).eval()


def read_weights(name: str) -> PublishedWeights:
    """Read published weights, without running code.

    Args:
        name (str): A name of
            :func:`~mmfermtl.utils.safe_loading.list_published`, or a path.

    Returns:
        PublishedWeights: Tensors and description.

    Raises:
        ValueError: If there is no such file, or it is damaged, or describes a
            model with parts that published weights do not have, or its
            calibration is malformed or of other classes.
    """
    path = require_published(name)
    state, description = read_safetensors(path)
    misfit = find_misfit(description, _SHAPE)
    if misfit:
        raise ValueError(f'weights {path}: the description is malformed '
                         f'({misfit}); expected a file of '
                         'tools/model_converters/publish_model.py')
    facts = description['training_facts']
    if facts.get(
            'classes') != description['classes'] or not facts.get('datasets'):
        raise ValueError(f'weights {path}: the description is malformed '
                         '(training_facts names no datasets, or other '
                         'classes); expected a file of '
                         'tools/model_converters/publish_model.py')
    _check_parts(description['model'], _PARTS, path)
    _check_parts(description['pipeline'], _TRANSFORMS, path)
    if description.get('calibration') is not None:
        check_calibration(description['calibration'],
                          f'weights {path}, calibration',
                          description['classes'])
    return PublishedWeights(path, state, description)


def publish(checkpoint: str,
            path: str,
            cfg: Config,
            name: Optional[str] = None,
            calibration: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
    """Write the network of a checkpoint as published weights.

    Optimizers, discriminator and losses are left out; of a run with
    ``EMAHook`` the weights are its averages, as the checkpoint has them.

    Args:
        checkpoint (str): File of tools/train.py, loaded without running code.
        path (str): The file to write, ``*.safetensors``.
        cfg (Config): The config that it was trained with.
        name (str, optional): Name of the weights. Defaults to None, that of
            the file.
        calibration (dict, optional): Content of the file of
            tools/calibrate.py for this checkpoint. Defaults to None.

    Returns:
        dict: The description.

    Raises:
        ValueError: If the checkpoint does not fit the config, the model has
            parts that published weights cannot have, or the calibration is
            malformed or of another checkpoint.
    """
    if not path.endswith(SUFFIX):
        raise ValueError(f'{path}: expected a name that ends in {SUFFIX}')
    if find_published(checkpoint) is not None:
        raise ValueError(f'{checkpoint}: these weights are published already; '
                         'give a checkpoint of tools/train.py')
    loaded = load_checkpoint_safely(checkpoint)
    facts = read_facts(loaded, checkpoint)
    if not facts.classes or FACTS_KEY not in checkpoint_meta(loaded):
        raise ValueError(f'checkpoint {checkpoint} does not record what it '
                         'was trained on; give one of tools/train.py')
    description = _describe(cfg, loaded, facts, checkpoint)
    description['name'] = name or osp.basename(path)[:-len(SUFFIX)]
    if calibration is not None:
        _check_calibration(calibration, description, checkpoint)
        description['calibration'] = calibration
    _check_parts(description['model'], _PARTS, checkpoint)
    _check_parts(description['pipeline'], _TRANSFORMS, checkpoint)
    state = {
        key: value
        for key, value in loaded['state_dict'].items()
        if key.startswith('network.')
    }
    init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    built = MODELS.build(Config(description['model'])._cfg_dict)
    check_checkpoint_fits(built, dict(state_dict=state), checkpoint,
                          str(cfg.filename))
    write_safetensors(path, half_precision(state), description)
    return description


def _describe(cfg: Config, loaded: Dict[str, Any], facts: TrainingFacts,
              checkpoint: str) -> Dict[str, Any]:
    """Describe the network of a checkpoint, all but its name."""
    test = next(leaf_datasets(cfg.to_dict()['test_dataloader']['dataset']))
    model = cfg.to_dict()['model']
    # Users decide whether to compile it, and what to train further.
    for option in ('compile', 'frozen'):
        model['network'].pop(option, None)
    # The weights that the training began with.
    model['network']['backbone'].pop('pretrained', None)
    return dict(
        format=FORMAT,
        config=trained_config(loaded),
        model=dict(
            type='mmfermtl.FERMTL',
            network=model['network'],
            data_preprocessor=model.get('data_preprocessor'),
            loss_rec=None),
        pipeline=test['pipeline'],
        classes=facts.classes,
        training_facts=facts.to_dict(),
        checkpoint_sha256=file_sha256(weights_file(checkpoint)))


def _check_calibration(calibration: Dict[str, Any],
                       description: Dict[str, Any], checkpoint: str) -> None:
    """Refuse a calibration of another model."""
    check_calibration(calibration, 'calibration', description['classes'])
    fitted = calibration.get('fitted_on', {}).get('checkpoint_sha256')
    if fitted not in (None, description['checkpoint_sha256']):
        raise ValueError(
            f'the calibration is of the checkpoint {str(fitted)[:12]}..., not '
            f'of {checkpoint} ({description["checkpoint_sha256"][:12]}...): '
            'probabilities of other weights need another temperature; run '
            'tools/calibrate.py with this checkpoint')


def _check_parts(value: Any, allowed: set, path: str) -> None:
    """Refuse types that are not among the allowed ones."""
    if isinstance(value, dict):
        kind = value.get('type')
        if kind is not None and kind not in allowed:
            raise ValueError(
                f'{path}: the type {str(kind)[:80]!r} is none that published '
                'weights may have, as it might read files or run code; use '
                'the weights with a config that you trust')
        for key, child in value.items():
            # MMEngine imports the package of a scope.
            if key in ('_scope_', 'default_scope') and child != 'mmfermtl':
                raise ValueError(
                    f'{path}: found {key}={str(child)[:80]!r}, expected none: '
                    'it would be imported; use the weights with a config '
                    'that you trust')
            # A backbone reads the file of this name.
            if key == 'pretrained' and child is not None:
                raise ValueError(
                    f'{path}: found {key}={str(child)[:80]!r}, expected none: '
                    'published weights begin with no other file')
            _check_parts(child, allowed, path)
    elif isinstance(value, (list, tuple)):
        for child in value:
            _check_parts(child, allowed, path)

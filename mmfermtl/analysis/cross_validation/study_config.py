"""Keep the config of a study as data, which is read without running code."""
import copy
import hashlib
import itertools
import json
import math
from importlib import import_module
from inspect import signature
from typing import Any, Dict, List, Set

from mmengine.config import Config
from mmengine.registry import Registry
from mmengine.runner import Runner

# The modules of renamed parts declare the former names.
from ... import datasets, evaluation, models  # noqa: F401
from ...engine.config.schedules import list_schedulers
from ...utils.compile_options import COMPILE_OPTIONS
from ...utils.config.config_tree import config_leaves
from ...utils.deprecation import RENAMED_ARGUMENTS, RENAMED_TYPES
from ...utils.errors import UserError
from ...utils.json_documents import MAX_INT, read_json, write_json

#: Tags of values that JSON cannot represent, as ``{'__tuple__': [...]}``.
_TAGS = ('__tuple__', '__set__', '__float__', '__items__')
#: Scopes whose parts a config may name that the user has not vouched for.
_SCOPES = ('mmengine', 'mmcv', 'mmfermtl', 'mmpretrain', 'mmagic')
#: Where these parts are from. Datasets, multimodal models and tokenizers of
#: mmpretrain are not among them, as many unpickle files or run their code.
_MODULES = (
    'mmfermtl', 'mmengine', 'mmcv', 'torch',
    *(f'mmpretrain.{name}'
      for name in ('datasets.dataset_wrappers', 'datasets.samplers',
                   'datasets.transforms', 'engine', 'evaluation',
                   'models.backbones', 'models.classifiers', 'models.heads',
                   'models.losses', 'models.necks', 'models.tta',
                   'models.utils.attention', 'models.utils.ema',
                   'models.utils.norm', 'models.utils.batch_augments',
                   'models.utils.data_preprocessor', 'visualization')),
    *(f'mmagic.{name}'
      for name in ('engine.hooks.visualization_hook', 'evaluation.metrics.mae',
                   'evaluation.metrics.psnr', 'evaluation.metrics.ssim',
                   'models.archs', 'models.editors.pix2pix', 'models.losses',
                   'visualization')))
#: Parts of these modules that run code, of a file or another package.
_LOADERS = ('FileEmbedder', 'TrainedModel', 'TIMMBackbone', 'TimmClassifier',
            'HuggingFaceClassifier', 'VQAGenerationHead', 'SwAVHook',
            'BaseDataset', 'RFSearchHook', 'DVCLiveVisBackend')
#: What a run reads of a config, besides the arguments of the Runner.
_READ = {
    *signature(Runner.__init__).parameters, 'custom_imports', 'fold',
    'model_wrapper_cfg', 'runner_type', 'seed', 'tta_model', 'tta_pipeline'
}
#: Values that follow from others, listed last.
_FOLLOWING = ('.end', '.T_max')
TRUST = ('give the config file of the study yourself (--config FILE) if you '
         'trust it')


def settings(cfg: Config) -> Dict[str, Any]:
    """Convert a config to plain values of JSON."""
    values = copy.deepcopy(cfg.to_dict())
    values.pop('work_dir', None)
    return json.loads(json.dumps(values, default=repr))


def config_hash(cfg: Config) -> str:
    """Compute the hexadecimal SHA-256 of the values of a config."""
    text = json.dumps(settings(cfg), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def describe_differences(before: Config, now: Config) -> List[str]:
    """List the keys whose values differ, with both values.

    Former names equal the present ones, and what MMEngine fills in equals
    what is written; variables that only the config file reads do not count.
    """
    old, new = (config_leaves(_as_run(cfg)) for cfg in (before, now))
    keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    keys.sort(key=lambda key: key.endswith(_FOLLOWING))
    return [
        f'{key}: {old.get(key, "absent")} before, {new.get(key, "absent")} now'
        for key in keys
    ]


def _as_run(cfg: Config) -> Dict[str, Any]:
    """Convert a config to the values that a run depends on."""
    values = {k: v for k, v in settings(cfg).items() if k in _READ}
    values['param_scheduler'] = list_schedulers(values)
    loop = values.get('train_cfg') or {}
    for scheduler in itertools.chain(*values['param_scheduler'].values()):
        # As MMEngine fills in what is left out.
        if scheduler.get('by_epoch', True) and 'max_epochs' in loop:
            scheduler.setdefault('end', loop['max_epochs'])
        if scheduler.get('type') == 'CosineAnnealingLR' and 'end' in scheduler:
            scheduler.setdefault('T_max',
                                 scheduler['end'] - scheduler.get('begin', 0))
    return _present_names(values)


def _present_names(node: Any) -> Any:
    """Replace former names of types and arguments by the present ones."""
    if isinstance(node, list):
        return [_present_names(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        RENAMED_ARGUMENTS.get(key, key):
        RENAMED_TYPES.get(value, value)
        if isinstance(value, str) else _present_names(value)
        for key, value in node.items()
    }


def save_config(cfg: Config, path: str) -> None:
    """Write the values of a config as JSON."""
    write_json(path, _encode(cfg.to_dict(), cfg.filename or 'the config'))


def read_config(path: str, filename: str) -> Config:
    """Read a config that :func:`save_config` wrote, tuples included."""
    content = read_json(path, dict, 'start again with an empty folder')
    try:
        values = _decode(content)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f'{path}: found an invalid value ({error}); start '
                        'again with an empty folder') from error
    return make_config(values, filename)


def make_config(values: Dict[str, Any], filename: str) -> Config:
    """Build a config from values, without reading the file of its name."""
    return Config(values, cfg_text=f'# {filename}', filename=filename)


def check_types(cfg: Config, path: str) -> None:
    """Refuse a config that would run more than the parts of OpenMMLab.

    MMEngine imports and calls any ``type`` that no registry has, such as
    ``os.system``: a downloaded study may name registered parts only.
    """
    imports = cfg.get('custom_imports')
    if imports:
        raise UserError(f'{path}: the config imports {imports!r:.100}, which '
                        f'would run as code; {TRUST}')
    leaves = config_leaves(settings(cfg))
    scopes = {
        value
        for key, value in leaves.items()
        if key.rsplit('.', 1)[-1] in ('_scope_', 'default_scope')
    }
    known = _known_types(scopes)
    for key, value in leaves.items():
        *above, name = key.split('.')
        if 'compile' in above:
            option = key.split('.')[above.index('compile') + 1]
            allowed = option in COMPILE_OPTIONS
        elif name in ('type', 'runner_type'):
            allowed = not isinstance(value, str) or value in known
        elif name in ('_scope_', 'default_scope'):
            allowed = value is None or value in _SCOPES
        else:
            continue
        if not allowed:
            raise UserError(
                f'{path}: found {key}={value!r:.100}, which would be run, or '
                'be imported and run; expected parts that are registered in '
                f'{", ".join(_SCOPES)} and load no code, and no options of '
                f'torch.compile but {", ".join(COMPILE_OPTIONS)}; {TRUST}')


def _known_types(scopes: Set[Any]) -> Set[str]:
    """List the parts that may be built, with scope and without.

    A name without scope that another part of mmengine or of the named scopes
    has, too, is none of them.
    """
    known: Set[str] = set()
    others: Set[str] = set()
    for scope in _SCOPES:
        try:
            module = import_module(f'{scope}.registry')
        except ImportError:
            continue  # not installed, or without a registry
        for node in vars(module).values():
            if isinstance(node, Registry):
                node.import_from_location()
                names = {
                    name
                    for name, part in node.module_dict.items()
                    if name not in _LOADERS and _is_harmless(part)
                }
                if scope == 'mmengine' or scope in scopes:
                    others |= {*node.module_dict} - names
                known |= names | {f'{scope}.{name}' for name in names}
    return {name for name in known if '.' in name or name not in others}


def _is_harmless(part: Any) -> bool:
    """Tell whether a part is a class of ours, or of the known modules.

    Registered functions build what their arguments name; those of mmengine
    collate.
    """
    module = str(getattr(part, '__module__', '')) + '.'
    if not isinstance(part, type):
        return module.startswith('mmengine.')
    return module.startswith(tuple(f'{name}.' for name in _MODULES))


def _encode(node: Any, place: str) -> Any:
    if isinstance(node, dict):
        if all(isinstance(k, str) and k not in _TAGS for k in node):
            return {k: _encode(v, f'{place}: {k}') for k, v in node.items()}
        pairs = [[k, v] for k, v in node.items()]
        return dict(__items__=_encode(pairs, place))
    if isinstance(node, (list, tuple, set)):
        items = [_encode(item, place) for item in node]
        if isinstance(node, list):
            return items
        return {f'__{"set" if isinstance(node, set) else "tuple"}__': items}
    if isinstance(node, float) and not math.isfinite(node):
        return dict(__float__=repr(node))
    if node is None or isinstance(node, (bool, str, float)):
        return node
    if isinstance(node, int) and abs(node) < MAX_INT:
        return node
    raise UserError(f'{place}: found {node!r:.60} ({type(node).__name__}), '
                    'which cannot be kept as data; expected numbers, strings, '
                    'lists, tuples and dicts, and types by name')


def _decode(node: Any) -> Any:
    if isinstance(node, list):
        return [_decode(item) for item in node]
    if not isinstance(node, dict):
        return node
    tag = next(iter(node), None)
    if len(node) != 1 or tag not in _TAGS:
        return {k: _decode(v) for k, v in node.items()}
    if tag == '__float__':
        return float(node[tag])
    make = dict(__tuple__=tuple, __set__=set, __items__=dict)[tag]
    return make(_decode(node[tag]))

"""Explain where in a config an error of MMEngine's registries comes from."""
import inspect
import traceback
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.util import find_spec
from types import FrameType
from typing import Any, Dict, Iterator, List, Optional, Tuple

from mmengine import registry as mmengine_registry
from mmengine.config import Config
from mmengine.dataset import ConcatDataset
from mmengine.registry import Registry

from ...utils.config.config_tree import dotted, walk_config
from ...utils.errors import UserError, is_own_code, is_user_error

#: MMEngine's functions that build a part from their argument ``cfg``.
_BUILDERS = ('build_from_cfg', 'build_scheduler_from_cfg')

#: How to install packages whose types occur in our configs.
_INSTALLING = dict(
    mmagic='it works with the original stack alone, which '
    '`bash tools/setup_env.sh openmmlab` installs',
    mmpretrain='install it with `pip install onedl-mmpretrain`, on the '
    'original stack with `pip install mmpretrain`')


@contextmanager
def explain_config_errors(cfg: Config) -> Iterator[None]:
    """Replace errors of parts being built by messages with place and fix.

    These are types that do not exist, or not in the default scope; keys that
    a type does not take; keys that it lacks; values that it refuses; packages
    that are missing; and joined datasets of different classes. The functions
    and arguments on the traceback are used, never the wording of an error.
    Whatever cannot be traced to the config passes through.

    Raises:
        UserError: In place of MMEngine's or Python's error.
    """
    try:
        yield
    except ImportError as error:
        if is_own_code(error):
            raise
        raise UserError(
            f'{cfg.filename or "the config"}: a package is missing ({error}); '
            'install it, or remove the part that needs it') from error
    except (KeyError, TypeError, ValueError, AssertionError) as error:
        explained = None
        if not is_user_error(error):
            # The innermost first.
            frames = [f for f, _ in traceback.walk_tb(error.__traceback__)]
            frames.reverse()
            explained = (
                _explain_classes(frames) or _explain_part(cfg, error, frames))
        if explained is None:
            raise
        raise UserError(f'{cfg.filename or "the config"}: '
                        f'{explained}') from error


def _explain_classes(frames: List[FrameType]) -> Optional[str]:
    """Name the classes of joined datasets, if MMEngine refused to join."""
    joined = frames[0].f_locals.get('self')
    if not isinstance(joined, ConcatDataset):
        return None
    found = dict.fromkeys(f'{type(d).__name__}: {d.metainfo.get("classes")}'
                          for d in getattr(joined, 'datasets', ()))
    if len(found) < 2:
        return None
    return ('the datasets of a ConcatDataset have different classes '
            f'({"; ".join(found)}), so that a label would mean one expression '
            'here and another there. Give each of them the same `classes`')


def _explain_part(cfg: Config, error: Exception,
                  frames: List[FrameType]) -> Optional[str]:
    """Explain what is wrong with the part that was being built."""
    building = next((f.f_locals
                     for f in frames if f.f_code.co_name in _BUILDERS
                     and f.f_globals['__name__'].startswith('mmengine.')), {})
    given = building.get('cfg') or {}
    if 'type' not in given:
        return None
    kind, place = given['type'], _place(cfg, given)
    if building.get('obj_cls', kind) is None:
        return _explain_unknown(f'{place}.type={kind!r}', kind,
                                building['registry'])
    explained = None
    if isinstance(error, TypeError) and building.get('args') is not None:
        explained = _explain_keys(place, kind, building['obj_cls'],
                                  building['args'])
    if explained is None and not (isinstance(error, KeyError)
                                  or is_own_code(error)):
        explained = f'{place} ({kind}) does not take its values: {error}'
    return explained


def _place(cfg: Config, given: Dict[str, Any]) -> str:
    """Find a part in its config; MMEngine may have completed the part."""
    candidates = [
        (dotted(path), node) for path, node in walk_config(cfg.to_dict())
        if isinstance(node, dict) and node.get('type') == given['type']
    ]
    same = [
        place for place, node in candidates if repr(node) == repr(dict(given))
    ]
    places = same[:1] or [place for place, _ in candidates[:3]]
    return ' or '.join(places) or 'a part'


def _explain_unknown(where: str, kind: str, registry: Registry) -> str:
    """Explain a type that no registry knows."""
    package = kind.split('.')[0]
    if '.' in kind and find_spec(package) is None:
        hint = _INSTALLING.get(package, 'install it, or take another type')
        return f'{where}: the package {package} is not installed; {hint}'
    known = _known_names(registry.name)
    bare = kind.split('.')[-1]
    same = [full for full in known if full.split('.')[-1] == bare]
    if same:
        hint = ' or '.join(f'type={full!r}' for full in same)
        return (f'{where} is not in the scope {registry.scope!r}, which is '
                f'searched for names without one; write {hint}')
    near = get_close_matches(bare, {k.split('.')[-1] for k in known}, n=3)
    hints = [full for n in near for full in known if full.split('.')[-1] == n]
    hint = (f'did you mean {" or ".join(map(repr, hints))}?'
            if hints else 'if it is your own, name its module in '
            'custom_imports=dict(imports=[...])')
    return f'{where} is not known as a {registry.name}; {hint}'


def _explain_keys(place: str, kind: str, part: Any,
                  given: Dict[str, Any]) -> Optional[str]:
    """Explain a key too many or too few beside a type."""
    taken, open_ended = _parameters(part)
    wrong = [] if open_ended else [key for key in given if key not in taken]
    if wrong:
        near = get_close_matches(wrong[0], taken, n=1)
        hint = f'did you mean {near[0]!r}?' if near else 'remove it.'
        listed = f' It takes {", ".join(taken)}.' if taken else ''
        return (f'{place}.{wrong[0]}: {kind} has no argument {wrong[0]!r}; '
                f'{hint}{listed}')
    missing = [repr(k) for k, need in taken.items() if need and k not in given]
    if missing:
        return f'{place} ({kind}) lacks {", ".join(missing)}'
    return None


def _known_names(name: str) -> List[str]:
    """Full names of all parts of a kind: MMEngine's and the plugins'."""
    roots = [
        node for node in vars(mmengine_registry).values()
        if isinstance(node, Registry) and node.name == name
    ]
    known = set()
    for node in [n for root in roots for n in (root, *root.children.values())]:
        node.import_from_location()
        known |= {f'{node.scope}.{part}' for part in node.module_dict}
    return sorted(known)


def _parameters(part: Any) -> Tuple[Dict[str, bool], bool]:
    """Collect the arguments of a part, and of parents that get the rest.

    Returns:
        tuple[dict[str, bool], bool]: Whether each is required, and whether
        any others are taken.
    """
    names: Dict[str, bool] = {}
    for owner in inspect.getmro(part) if inspect.isclass(part) else [part]:
        function = (
            vars(owner).get('__init__') if inspect.isclass(owner) else owner)
        # Classes of C code have no signature.
        if not inspect.isroutine(function) or isinstance(
                function, type(object.__init__)):
            continue
        parameters = inspect.signature(function).parameters.values()
        for one in parameters:
            if one.name != 'self' and one.kind not in (one.VAR_KEYWORD,
                                                       one.VAR_POSITIONAL):
                names.setdefault(one.name, one.default is one.empty)
        if all(p.kind != p.VAR_KEYWORD for p in parameters):
            return names, False
    return names, True

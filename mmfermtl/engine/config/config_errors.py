"""Say where in a config an error of MMEngine's registries comes from."""
import inspect
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any, Dict, Iterator, List, Optional, Tuple

from mmengine import registry as mmengine_registry
from mmengine.config import Config
from mmengine.registry import Registry

from ...utils.errors import UserError, is_own_code, is_user_error
from .mixed_classes import explain_mixed_classes

#: MMEngine's functions that build a part from their argument ``cfg``.
_BUILDERS = ('build_from_cfg', 'build_scheduler_from_cfg')

#: How packages get here whose types stand in our configs.
_INSTALLING = dict(
    mmagic='it works with the original stack alone, which '
    '`bash tools/setup_env.sh openmmlab` installs',
    mmpretrain='install it with `pip install onedl-mmpretrain`, on the '
    'original stack with `pip install mmpretrain`')


@contextmanager
def explain_config_errors(cfg: Config) -> Iterator[None]:
    """Turn what goes wrong while parts are built into a place and a fix.

    These are types that do not exist, or not in the default scope; keys that
    a type does not take; keys that it lacks; values that it refuses; and
    datasets of different classes in one. Whatever cannot be traced to the
    config passes through.

    Args:
        cfg (Config): The config whose parts are built inside.

    Raises:
        UserError: In place of MMEngine's or Python's error.
    """
    try:
        with explain_mixed_classes(cfg):
            yield
    except (KeyError, TypeError, ValueError, AssertionError) as error:
        building = _part_being_built(error)
        if building is None or is_user_error(error):
            raise
        explained = _explain(cfg, error, building)
        if explained is None:
            raise
        raise UserError(f'{cfg.filename or "the config"}: '
                        f'{explained}') from error


def _part_being_built(error: Exception) -> Optional[Dict[str, Any]]:
    """Variables of the innermost builder that an error comes from."""
    found, trace = None, error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        if (frame.f_code.co_name in _BUILDERS
                and frame.f_globals['__name__'].startswith('mmengine.')):
            found = frame.f_locals
        trace = trace.tb_next
    return found if found and 'type' in (found.get('cfg') or ()) else None


def _explain(cfg: Config, error: Exception,
             building: Dict[str, Any]) -> Optional[str]:
    """What is wrong with a part; None if nothing is known to be."""
    given = building['cfg']
    kind, place = given['type'], _place(cfg, given)
    if building.get('obj_cls', kind) is None:
        return _explain_unknown(f'{place}.type={kind!r}', kind,
                                building['registry'])
    explained = None
    if isinstance(error, TypeError):
        explained = _explain_keys(place, kind, building)
    if explained is None and not (isinstance(error, KeyError)
                                  or is_own_code(error)):
        explained = f'{place} ({kind}) does not take its values: {error}'
    return explained


def _place(cfg: Config, given: Dict[str, Any]) -> str:
    """Where in a config a part stands; parts may have been completed."""
    alike = [(place, node) for place, node in _walk(cfg.to_dict())
             if node['type'] == given['type']]
    same = [place for place, node in alike if repr(node) == repr(dict(given))]
    places = same[:1] or [place for place, _ in alike[:3]]
    return ' or '.join(places) or 'a part'


def _explain_unknown(where: str, kind: str, registry: Registry) -> str:
    """A type that no registry knows."""
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


def _explain_keys(place: str, kind: str, building: Dict[str,
                                                        Any]) -> Optional[str]:
    """A key too many or too few beside a type."""
    part, given = building.get('obj_cls'), building.get('args')
    if part is None or given is None:
        return None
    taken, needed, open_ended = _parameters(part)
    wrong = [] if open_ended else [key for key in given if key not in taken]
    if wrong:
        near = get_close_matches(wrong[0], taken, n=1)
        hint = f'did you mean {near[0]!r}?' if near else 'remove it.'
        listed = f' It takes {", ".join(taken)}.' if taken else ''
        return (f'{place}.{wrong[0]}: {kind} has no argument {wrong[0]!r}; '
                f'{hint}{listed}')
    missing = [repr(key) for key in needed if key not in given]
    if missing:
        return f'{place} ({kind}) lacks {", ".join(missing)}'
    return None


def _walk(node: Any, place: str = '') -> Iterator[Tuple[str, Dict[str, Any]]]:
    """All dicts with a type, and where they stand."""
    if isinstance(node, dict):
        if isinstance(node.get('type'), str):
            yield place, node
        for key, child in node.items():
            yield from _walk(child, f'{place}.{key}' if place else str(key))
    elif isinstance(node, (list, tuple)):
        for i, child in enumerate(node):
            yield from _walk(child, f'{place}.{i}')


def _registries() -> Iterator[Registry]:
    """All registries: MMEngine's, and those of the plugins that are known."""
    for node in vars(mmengine_registry).values():
        if isinstance(node, Registry):
            yield node
            yield from node.children.values()


def _known_names(name: str) -> List[str]:
    """Full names of all parts of a kind."""
    known = set()
    for node in _registries():
        if node.name == name:
            node.import_from_location()
            known |= {f'{node.scope}.{part}' for part in node.module_dict}
    return sorted(known)


def _parameters(part: Any) -> Tuple[List[str], List[str], bool]:
    """Named arguments of a part, and of its parents if it hands others on.

    Besides those without a default, and whether any others are taken.
    """
    names: Dict[str, bool] = {}
    open_ended = True
    for owner in inspect.getmro(part) if inspect.isclass(part) else [part]:
        function = (
            vars(owner).get('__init__') if inspect.isclass(owner) else owner)
        # Classes of C code have no signature.
        if not inspect.isroutine(function) or isinstance(
                function, type(object.__init__)):
            continue
        parameters = inspect.signature(function).parameters.values()
        for one in parameters:
            named = one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
            if named and one.name != 'self':
                names.setdefault(one.name, one.default is one.empty)
        if all(p.kind != p.VAR_KEYWORD for p in parameters):
            open_ended = False
            break
    needed = [name for name, is_needed in names.items() if is_needed]
    return list(names), needed, open_ended

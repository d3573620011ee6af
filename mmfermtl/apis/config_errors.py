"""Say where in a config an error of MMEngine's registries comes from."""
import inspect
import re
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any, Dict, Iterator, List, Optional, Tuple

from mmengine import registry as mmengine_registry
from mmengine.config import Config
from mmengine.registry import Registry

from .mixed_classes import explain_mixed_classes
from .user_errors import UserError

Place = Tuple[str, Dict[str, Any]]
_UNKNOWN = re.compile(r"(\S+) is not in the (\S+)::(.+?) registry")
_WRONG_KEY = re.compile(
    r"(\w+)(?:\.__init__)?\(\) got an unexpected keyword argument '(\w+)'")
_MISSING_KEY = re.compile(
    r'(\w+)(?:\.__init__)?\(\) missing \d+ required (?:positional|'
    r'keyword-only) arguments?: (.+)')

#: How packages get here whose types stand in our configs.
_INSTALLING = dict(
    mmagic='it works with the original stack alone, which '
    '`bash tools/setup_env.sh openmmlab` installs',
    mmpretrain='install it with `pip install onedl-mmpretrain`, on the '
    'original stack with `pip install mmpretrain`')


@contextmanager
def explain_config_errors(cfg: Config) -> Iterator[None]:
    """Turn what registries say of a config into a place and a mend.

    These are types that do not exist, or not in the default scope; keys that
    a type does not take; keys that it lacks; and datasets of different
    classes in one. Whatever cannot be traced to the config passes through.

    Args:
        cfg (Config): The config whose parts are built inside.

    Raises:
        UserError: In place of MMEngine's or Python's error.
    """
    try:
        with explain_mixed_classes(cfg):
            yield
    except (KeyError, TypeError) as error:
        explain = (
            _explain_unknown if isinstance(error, KeyError) else _explain_keys)
        explained = explain(cfg, error)
        if explained is None:
            raise
        raise explained from error


def _explain_unknown(cfg: Config, error: KeyError) -> Optional[UserError]:
    """A type that no registry knows."""
    found = _UNKNOWN.search(str(error.args[0]) if error.args else '')
    if not found:
        return None
    kind, scope, name = found.groups()
    places = [p for p, node in _walk(cfg.to_dict()) if node['type'] == kind]
    if not places:
        return None
    where = f"{_name(cfg)}: {places[0]}.type='{kind}'"
    package = kind.split('.')[0]
    if '.' in kind and find_spec(package) is None:
        mend = _INSTALLING.get(package, 'install it, or take another type')
        return UserError(
            f'{where}: the package {package} is not installed; {mend}')
    known = _known_names(name)
    bare = kind.split('.')[-1]
    same = [full for full in known if full.split('.')[-1] == bare]
    if same:
        mend = ' or '.join(f'type={full!r}' for full in same)
        return UserError(f'{where} is not in the scope {scope!r}, which is '
                         f'searched for names without one; write {mend}')
    near = get_close_matches(bare, {k.split('.')[-1] for k in known}, n=3)
    hints = [full for n in near for full in known if full.split('.')[-1] == n]
    mend = (f'did you mean {" or ".join(map(repr, hints))}?'
            if hints else 'if it is your own, name its module in '
            'custom_imports=dict(imports=[...])')
    return UserError(f'{where} is not known as a {name}; {mend}')


def _explain_keys(cfg: Config, error: TypeError) -> Optional[UserError]:
    """A key too many or too few beside a type."""
    text = str(error)
    wrong, missing = _WRONG_KEY.search(text), _MISSING_KEY.search(text)
    if not wrong and not missing:
        return None
    kind = (wrong or missing).group(1)
    places = [(place, node) for place, node in _walk(cfg.to_dict())
              if str(node['type']).split('.')[-1] == kind]
    if missing:
        # Which of several it is cannot be told from the message.
        if not places:
            return None
        listed = ' or '.join(place for place, _ in places[:3])
        return UserError(f'{_name(cfg)}: {listed} ({kind}) lacks '
                         f'{missing.group(2)}')
    key = wrong.group(2)
    # The class that complains may be a parent of the one in the config.
    places = [(place, node) for place, node in places or _walk(cfg.to_dict())
              if key in node]
    if not places:
        return None
    place, node = places[0]
    taken = _arguments(node['type'])
    near = get_close_matches(key, taken, n=1)
    mend = f'did you mean {near[0]!r}?' if near else 'remove it'
    listed = f' It takes {", ".join(taken)}.' if taken else ''
    return UserError(f'{_name(cfg)}: {place}.{key}: {node["type"]} has no '
                     f'argument {key!r}; {mend}{listed}')


def _name(cfg: Config) -> str:
    return cfg.filename or 'the config'


def _walk(node: Any, place: str = '') -> Iterator[Place]:
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


def _arguments(kind: str) -> List[str]:
    """Arguments of a type, wherever it is registered."""
    scope, _, bare = kind.rpartition('.')
    for node in _registries():
        if bare in node.module_dict and scope in ('', node.scope):
            return _parameters(node.module_dict[bare])
    return []


def _parameters(part: Any) -> List[str]:
    """Named arguments of a part, and of its parents if it hands others on."""
    names: Dict[str, None] = {}
    for owner in inspect.getmro(part) if inspect.isclass(part) else [part]:
        function = owner
        if inspect.isclass(owner):
            function = vars(owner).get('__init__')
        if function is None:
            continue
        parameters = inspect.signature(function).parameters.values()
        open_ended = (inspect.Parameter.VAR_KEYWORD,
                      inspect.Parameter.VAR_POSITIONAL)
        names.update(
            dict.fromkeys(p.name for p in parameters
                          if p.kind not in open_ended and p.name != 'self'))
        if all(p.kind != p.VAR_KEYWORD for p in parameters):
            break
    return list(names)

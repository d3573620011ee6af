"""Keep old names working for one release, with a warning."""
import argparse
import functools
import warnings
from typing import Any, Callable, Dict, Optional

from mmengine.registry import Registry

#: The first release without the names that this one deprecates.
REMOVAL = '0.2.0'
#: Present names by the former ones, of types and of arguments in configs.
RENAMED_TYPES: Dict[str, str] = {}
RENAMED_ARGUMENTS: Dict[str, str] = {}


def warn_renamed(old: str, new: str, stacklevel: int = 3) -> None:
    """Warn that a name is deprecated, by default in the caller's caller."""
    warnings.warn(
        f'{old} is deprecated and will be removed in mmfermtl {REMOVAL}; use '
        f'{new}', FutureWarning, stacklevel)


def register_old_name(registry: Registry, old: str, new: type) -> None:
    """Keep a former ``type`` of configs, as a subclass that warns."""

    def __init__(self: Any, *args, **kwargs) -> None:
        warn_renamed(f'type={old!r}', f'type={new.__name__!r}')
        new.__init__(self, *args, **kwargs)

    functools.update_wrapper(__init__, new.__init__)
    namespace = dict(
        __init__=__init__, __doc__=new.__doc__, __module__=new.__module__)
    registry.register_module(name=old, module=type(old, (new, ), namespace))
    RENAMED_TYPES[f'{registry.scope}.{old}'] = f'{registry.scope}.' \
        f'{new.__name__}'


def renamed_arguments(**names: str) -> Callable:
    """Let a function take former names of its keyword arguments.

    Args:
        **names (str): The present name of each former name.

    Returns:
        Callable: A decorator; the signature stays that of the function.

    Raises:
        TypeError: When both names of an argument are given.
    """

    RENAMED_ARGUMENTS.update(names)

    def decorate(function: Callable) -> Callable:

        @functools.wraps(function)
        def wrapper(*args, **kwargs) -> Any:
            for old, new in names.items():
                if old not in kwargs:
                    continue
                if new in kwargs:
                    raise TypeError(f'{new}= and its former name {old}= are '
                                    'both given; leave the latter out')
                warn_renamed(f'{old}=', f'{new}=')
                kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return wrapper

    return decorate


class RenamedOption(argparse.Action):
    """Store the value of an option that also has a former name.

    The first of ``option_strings`` is the present name; any other warns.
    """

    def __call__(self,
                 parser: argparse.ArgumentParser,
                 namespace: argparse.Namespace,
                 values: Any,
                 option_string: Optional[str] = None) -> None:
        """Store the value."""
        if option_string != self.option_strings[0]:
            warn_renamed(str(option_string), self.option_strings[0])
        setattr(namespace, self.dest, values)

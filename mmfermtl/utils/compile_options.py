"""Options of ``torch.compile`` in a config, and passes without it."""
from contextlib import contextmanager
from typing import Any, Dict, Iterator, Union

import torch

#: Not ``options``, which hold flags of the C++ compiler: a config from
#: elsewhere could run any command with them.
COMPILE_OPTIONS = ('mode', 'fullgraph', 'dynamic', 'backend')


def read_compile_options(
        compile: Union[bool, Dict[str, Any]]) -> Dict[str, Any]:
    """Return the arguments for ``torch.compile``.

    Args:
        compile (bool | dict): True, or some of ``COMPILE_OPTIONS``.

    Raises:
        ValueError: If it has other options.
    """
    if compile is True:
        return {}
    if not isinstance(compile, dict) or set(compile) - set(COMPILE_OPTIONS):
        raise ValueError(f'compile={compile!r:.200}; expected True, False, or '
                         f'a dict of {", ".join(COMPILE_OPTIONS)}: others may '
                         'run commands; set them in torch._inductor.config')
    return compile


@contextmanager
def uncompiled() -> Iterator[None]:
    """Run compiled modules as they are written.

    A compiled module ignores hooks that its parts are given after its first
    pass, and says nothing. Before PyTorch 2.6, which cannot do that, it is
    compiled anew with the hooks that it has then, and once more without.
    """
    if hasattr(torch.compiler, 'set_stance'):
        with torch.compiler.set_stance('force_eager'):
            yield
        return
    torch.compiler.reset()
    try:
        yield
    finally:
        torch.compiler.reset()

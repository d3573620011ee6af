"""Commands that behave like pip and npm, without a network."""
import sys
from pathlib import Path
from typing import List

_PROGRAM = '''
import shutil, sys
words = sys.argv[1:]
option = '--dest' if '--dest' in words else '--pack-destination'
folder = words[words.index(option) + 1]
open({log!r}, 'a').write(' '.join(words) + chr(10))
print({output!r})
for source in {sources!r}:
    shutil.copy(source, folder)
sys.exit({code})
'''


def fake_tool(folder: Path,
              *sources: Path,
              output: str = '',
              code: int = 0) -> List[str]:
    """Make a command that "downloads" files.

    Args:
        folder (Path): For the program, and ``log.txt`` of its arguments.
        sources (Path): What it puts into the folder that it is asked to.
        output (str): What it prints.
        code (int): Its exit code.

    Returns:
        list[str]: The words that start it.
    """
    program = folder / 'fake_tool.py'
    program.write_text(
        _PROGRAM.format(
            log=str(folder / 'log.txt'),
            output=output,
            sources=[str(source) for source in sources],
            code=code))
    return [sys.executable, '-S', '-E', str(program)]

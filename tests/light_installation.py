"""Hide PyTorch and MMEngine from a program, as a light installation does."""
BLOCKED = ("BLOCKED = ('torch', 'torchvision', 'mmengine', 'mmcv', "
           "'mmpretrain')")
#: First lines of a program: imports of these fail, as if they were not
#: installed.
BLOCK = f'''
import importlib.util, sys
{BLOCKED}
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] in BLOCKED:
            raise ModuleNotFoundError(f'No module named {{name!r}}', name=name)
sys.meta_path.insert(0, Blocker())
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: (
    None if name in BLOCKED else find(name, package))
'''
#: The same with PyTorch, as where it was installed for other things.
BLOCK_MMENGINE = BLOCK.replace("'torch', 'torchvision', ", '')

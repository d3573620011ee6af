"""Install mmfermtl; the static metadata are in ``setup.cfg``."""
import os
import os.path as osp
import runpy
import shutil
from typing import List

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.develop import develop

ROOT = osp.dirname(osp.abspath(__file__))
# What the OpenMMLab tools (mim, ``Config.fromfile('mmfermtl::...')``) look
# for in ``mmfermtl/.mim``. Those that do not exist are left out.
MIM_NAMES = ('configs', 'tools', 'model-index.yml')

# The extras do not pin, so that they never replace a PyTorch that works; the
# exact versions the project is tested with are in requirements/onedl.txt.
# MMEngine, MMCV and MMPreTrain stay out of the required packages: each exists
# as two distributions which install the same module, and naming either one
# would overwrite the other where it is installed.
EXTRAS = {
    'onedl': [
        'torch>=2.4', 'torchvision', 'onedl-mmengine>=0.10.8',
        'onedl-mmcv>=2.3.2', 'onedl-mmpretrain>=1.3.2'
    ],
    # The caps keep pip from replacing what MMagic works with. MMCV has to be
    # installed before: pip alone cannot build it, see docs/get_started.md.
    'openmmlab': [
        'torch>=2.4', 'torchvision', 'mmengine>=0.10.4', 'mmcv>=2.1',
        'mmpretrain>=1.2', 'mmagic>=1.2', 'numpy<2', 'setuptools<81',
        'transformers<5', 'diffusers<0.25'
    ],
    # To read the videos of MMI. OpenCV returns wrong frames of interlaced
    # ones. The wheels hold libx264 and libx265, which are under the GPL.
    'video': ['av>=14.2'],
    # To use exported models, without PyTorch and the two stacks. Where
    # another OpenCV is installed, both write the module cv2: install
    # onnxruntime alone there.
    'onnx': ['numpy>=1.22', 'opencv-python-headless', 'onnxruntime>=1.20'],
    # To export models, beside one of the stacks. Not OpenCV, which they have.
    'export':
    ['onnx>=1.17', 'onnx-ir>=0.1', 'onnxscript>=0.3', 'onnxruntime>=1.20'],
    # To compute LPIPS, KID and FID; the weights are the user's own.
    'metrics': ['torchmetrics>=1.6', 'torch-fidelity>=0.3'],
    # To build docs/. MkDocs 1.6 is the first to check anchors; MkDocs
    # Material keeps it below 2.
    'docs': ['mkdocs-material>=9.5.20', 'mkdocs>=1.6'],
    # For `mmfermtl.GradientWeighting`. MIT; its own extras name the solvers
    # of some methods, of which quadprog is under the GPL.
    'balancing': ['torchjd>=0.18'],
}


def read_requirements(name: str) -> List[str]:
    """Read the requirements in a file of ``requirements/``.

    Args:
        name (str): File name without ``.txt``.

    Returns:
        list[str]: One PEP 508 requirement each, comments left out.
    """
    path = osp.join(ROOT, 'requirements', f'{name}.txt')
    with open(path, encoding='utf-8') as file:
        lines = (line.split('#')[0].strip() for line in file)
        return [line for line in lines if line]


def add_mim(root: str, package_dir: str, link: bool) -> None:
    """Put the configs and tools into the package, as ``.mim``.

    Args:
        root (str): The repository.
        package_dir (str): Folder of the package which gets the ``.mim``: the
            one in the repository, or the one a wheel is made of.
        link (bool): Whether to make relative symbolic links, so that an
            editable installation follows every edit. Where the system
            refuses links the files are copied.
    """
    mim_dir = osp.join(package_dir, '.mim')
    # Rebuilt from scratch: what was renamed in the repository must go.
    shutil.rmtree(mim_dir, ignore_errors=True)
    os.makedirs(mim_dir)
    for name in MIM_NAMES:
        source, target = osp.join(root, name), osp.join(mim_dir, name)
        if not osp.exists(source):
            continue
        if link:
            try:
                os.symlink(osp.relpath(source, mim_dir), target)
                continue
            except OSError:
                print(f'No symbolic link possible at {target}: copying. '
                      'Install again after changing configs or tools.')
        if osp.isdir(source):
            ignore = shutil.ignore_patterns('__pycache__', '*.pyc')
            shutil.copytree(source, target, ignore=ignore)
        else:
            shutil.copyfile(source, target)


class BuildPyWithMim(build_py):
    """``build_py`` of wheels and PEP 660 editable installations."""

    def run(self) -> None:
        """Build the modules, then add ``.mim``."""
        super().run()
        # setuptools before 64 knows no editable mode here.
        link = getattr(self, 'editable_mode', False)
        parent = ROOT if link else self.build_lib
        add_mim(ROOT, osp.join(parent, 'mmfermtl'), link=link)


class DevelopWithMim(develop):
    """``setup.py develop``, which older pip runs for ``pip install -e``."""

    def run(self) -> None:
        """Add ``.mim``, then install."""
        add_mim(ROOT, osp.join(ROOT, 'mmfermtl'), link=True)
        super().run()


if __name__ == '__main__':
    version_file = osp.join(ROOT, 'mmfermtl', 'version.py')
    setup(
        version=runpy.run_path(version_file)['__version__'],
        install_requires=read_requirements('runtime'),
        extras_require={
            **EXTRAS, 'tests': read_requirements('tests')
        },
        cmdclass={
            'build_py': BuildPyWithMim,
            'develop': DevelopWithMim
        })

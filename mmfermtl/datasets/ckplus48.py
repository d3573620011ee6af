import os
import os.path as osp
import re
from collections import defaultdict
from typing import Dict, List, Tuple

from ..expressions import EXPRESSIONS
from ..registry import DATASETS
from ..utils.file_tree import check_root, is_junk
from .ckplus import DOUBTFUL_CKPLUS_SEQUENCES
from .expression_dataset import ExpressionDataset

_NAME = re.compile(r'(S\d{3})_(\d{3})_(\d{8})\.png', re.IGNORECASE)


@DATASETS.register_module()
class CKPlus48(ExpressionDataset):
    """The last three frames of CK+ as 48 x 48 grey face crops.

    The class folder gives the label, and the file name the subject, the
    sequence and the frame::

        data_root
        ├── anger
        │   ├── S010_004_00000017.png
        │   └── ...
        ├── contempt
        ├── disgust
        ├── fear
        ├── happy
        ├── sadness
        └── surprise

    A folder ``CK+48`` inside ``data_root`` is found too. The full set has
    981 images of 327 sequences of 118 subjects (anger 135, contempt 54,
    disgust 177, fear 75, happiness 207, sadness 84, surprise 249).

    CK+48 holds images of CK+ and falls under its agreement: non-commercial
    research, no redistribution.

    Args:
        data_root (str): Folder of the class folders.
        **kwargs: See :class:`~mmfermtl.datasets.ExpressionDataset`.

    Raises:
        FileNotFoundError: If the folder, or the folder of a class, does not
            exist.
        ValueError: If a class folder is empty, a file name does not fit, or
            a sequence appears in two classes.

    Examples:
        >>> from mmfermtl.datasets import CKPlus48
        >>> dataset = CKPlus48('data/CK+48', split='test', fold=0)
        >>> print(dataset)
        CKPlus48(split='test', fold=0/10, 12 subjects, 33 sequences, ...
    """

    DOUBTFUL_SEQUENCES = DOUBTFUL_CKPLUS_SEQUENCES

    SUBJECTS = 'CK+'
    #: Name of the folder of each expression.
    FOLDERS = {name: name for name in EXPRESSIONS[1:]}
    FOLDERS['happiness'] = 'happy'

    def load_samples(self) -> List[dict]:
        """List the images, those of the wanted classes first."""
        check_root(self.data_root,
                   f'the class folders {", ".join(self.FOLDERS.values())}')
        root = osp.join(self.data_root, 'CK+48')
        root = root if osp.isdir(root) else self.data_root
        self._count_others(root)
        samples: List[dict] = []
        wanted = self.peak_classes()
        for expression in wanted:
            may_lack = expression in self.may_lack
            if may_lack and expression not in self.FOLDERS:
                continue
            if expression not in self.FOLDERS:
                raise ValueError(
                    f'CKPlus48 has no {expression} images; choose among '
                    f'{", ".join(self.FOLDERS)} in `classes`, or if other '
                    'sets have them give `may_lack`')
            samples += self._read_class(root, expression, may_lack)
        for expression in sorted(set(self.FOLDERS).difference(wanted)):
            folder = osp.join(root, self.FOLDERS[expression])
            if not osp.isdir(folder):
                continue
            if self.fold_over == 'labelled':
                # Their subjects are in folds, too.
                samples += self._read_class(root, expression, may_lack=True)
            else:
                self.left_out[f'images of {expression}, not in `classes`'] += (
                    sum(not is_junk(name) for name in os.listdir(folder)))
        last: Dict[Tuple[str, str], int] = defaultdict(int)
        label: Dict[Tuple[str, str], str] = {}
        for sample in samples:
            key = (sample['subject'], sample['sequence'])
            last[key] = max(last[key], sample['frame_index'] + 1)
            first = label.setdefault(key, sample['expression'])
            if first != sample['expression']:
                raise ValueError(
                    f'{sample["img_path"]}: sequence {key[0]}/{key[1]} is in '
                    f'{first} and in {sample["expression"]}; keep it in the '
                    'folder of its one label')
        for sample in samples:
            sample['num_frames'] = last[sample['subject'], sample['sequence']]
        return samples

    def peak_classes(self) -> List[str]:
        """List the classes that have a folder."""
        return list(self.metainfo['classes'])

    def _count_others(self, root: str) -> None:
        """Count the files in folders of no class."""
        for name in sorted({*os.listdir(root)} - {*self.FOLDERS.values()}):
            folder = osp.join(root, name)
            if osp.isdir(folder) and not is_junk(name):
                number = sum(not is_junk(one) for one in os.listdir(folder))
                self.left_out[f'files in {name}/, not in `classes`'] += number

    def _read_class(self,
                    root: str,
                    expression: str,
                    may_lack: bool = False) -> List[dict]:
        """List the images of a class folder, which may lack them or not."""
        folder = osp.join(root, self.FOLDERS[expression])
        if not osp.isdir(folder) and may_lack:
            return []
        if not osp.isdir(folder):
            raise FileNotFoundError(
                f'{folder}: class folder not found in {root!r}, which holds '
                f'{sorted(os.listdir(root))[:10]}; `data_root` must hold one '
                'folder a class, but for those of `may_lack`')
        samples = []
        for name in sorted(os.listdir(folder)):
            if is_junk(name):
                continue
            path = osp.join(folder, name)
            match = _NAME.fullmatch(name)
            if match is None or match.group(3) == '0' * 8:
                raise ValueError(
                    f'{path}: file name does not fit, expected '
                    '<subject>_<sequence>_<frame>.png such as '
                    'S010_004_00000017.png with frames counted from 1; '
                    'rename or remove it')
            samples.append(
                dict(
                    img_path=path,
                    expression=expression,
                    subject=match.group(1).upper(),
                    sequence=match.group(2),
                    frame_index=int(match.group(3)) - 1,
                    role='peak'))
        if not samples and not may_lack:
            raise ValueError(f'{folder}: class folder is empty, expected '
                             'images such as S010_004_00000017.png')
        return samples

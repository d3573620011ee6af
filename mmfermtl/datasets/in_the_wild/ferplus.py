from collections import Counter
from typing import Any, Dict, List, NamedTuple, Optional

import numpy as np

from ...registry import DATASETS
from ..own_data.csv_table import read_csv
from .fer2013 import FER2013
from .fer2013_images import (USAGES, find_csv, find_named_images,
                             read_fer2013_csv)

#: Columns of the votes for an expression, in the order of the file.
_VOTED = ('neutral', 'happiness', 'surprise', 'sadness', 'anger', 'disgust',
          'fear', 'contempt')
#: Columns of the votes against all of them: not clear, and no face.
_OTHERS = ('unknown', 'nf')
LABEL_RULES = ('most', 'majority')


class Votes(NamedTuple):
    """The votes of the ten taggers of an image."""

    #: ``(10, )`` numbers of votes, of :data:`_VOTED` then :data:`_OTHERS`.
    counts: np.ndarray
    split: str
    name: str
    where: str

    def label(self, rule: str) -> Optional[str]:
        """Return the expression that the votes give, None for none.

        Of several with the same number of votes it is the first one in the
        order of the file, as in Microsoft's code.
        """
        counts = self._repeated() if rule == 'majority' else self.counts
        best = int(counts.argmax())
        if best >= len(_VOTED):
            return None
        if rule == 'majority' and 2 * counts[best] <= counts.sum():
            return None
        return _VOTED[best]

    def _repeated(self) -> np.ndarray:
        """Return the votes without those that one tagger alone gave."""
        return np.where(self.counts > 1, self.counts, 0)

    def distribution(self) -> Dict[str, float]:
        """Return the share of each expression, single votes left out."""
        counts = self._repeated()[:len(_VOTED)]
        if not counts.sum():
            counts = self.counts[:len(_VOTED)]
        return dict(zip(_VOTED, (counts / counts.sum()).tolist()))


@DATASETS.register_module()
class FERPlus(FER2013):
    """FER2013 with the labels of ten taggers, eight expressions.

    Barsoum et al., 2016: `Training Deep Networks for Facial Expression
    Recognition with Crowd-Sourced Label Distribution`. The images are those
    of FER2013, from its CSV file or as files that are called as in the
    list::

        data_root
        ├── fer2013new.csv            (github.com/microsoft/FERPlus)
        └── fer2013.csv, or folders with fer0000000.png and so on

    35,714 of the 35,887 images are kept by the list. With the label of most
    votes, 28,389 to train on, 3,553 to validate on (``PublicTest``) and 3,546
    to test on (``PrivateTest``) have an expression; of the others most
    taggers said that it is not clear or no face. Four names are listed twice,
    so that as files there are 28,386, 3,553 and 3,545. With copies left out
    (see :class:`FixedSplitDataset`) fewer are trained on.

    Args:
        data_root (str): Folder of both.
        ann_file (str): The list. Defaults to ``'fer2013new.csv'``.
        labels (str): ``'most'``: the expression of most votes;
            ``'majority'``: only images of which more than half of the votes
            agree, single votes left out, as the paper's code tests, whatever
            it trains with. Defaults to ``'most'``.
        soft_labels (bool): Whether training images also have ``gt_score``,
            the shares of the votes for each class without single votes, as
            the paper's cross-entropy on distributions. Defaults to False.
        classes (int | Sequence[str]): Defaults to 8.
        **kwargs: See :class:`FixedSplitDataset`.

    Raises:
        FileNotFoundError: If the list or the images do not exist.
        ValueError: If list and images do not fit together.
    """

    EXPECTED = 'fer2013new.csv and the images of FER2013'
    DEFAULT_CLASSES = 8

    def __init__(self,
                 data_root: str = '',
                 ann_file: str = 'fer2013new.csv',
                 labels: str = 'most',
                 soft_labels: bool = False,
                 **kwargs: Any) -> None:
        if labels not in LABEL_RULES:
            raise ValueError(f"labels={labels!r}; give 'most' or 'majority'")
        self.labels = labels
        self.soft_labels = soft_labels
        super().__init__(data_root=data_root, ann_file=ann_file, **kwargs)

    def list_images(self) -> List[dict]:
        """List the images that the votes give an expression."""
        votes = self._read_votes()
        samples = self._match_csv(votes) or self._match_files(votes)
        missing = len({one.name for one in votes if one.name}) - len(samples)
        if missing > 0:
            self.left_out['images of the list without a file'] += missing
        kept = []
        for sample in samples:
            one = sample.pop('votes')
            expression = one.label(self.labels)
            if expression is None:
                self.left_out[f'images without a label by {self.labels} '
                              'votes'] += 1
                continue
            sample.update(expression=expression, fixed_split=one.split)
            if self.soft_labels:
                sample['votes'] = one.distribution()
            kept.append(sample)
        return kept

    def keep_classes(self, samples: List[dict]) -> List[dict]:
        """Add the soft labels over the classes that are kept."""
        kept = super().keep_classes(samples)
        for sample in kept:
            shares = sample.pop('votes', None)
            if shares is None or sample['fixed_split'] != 'train':
                continue
            score = np.array([shares.get(name, 0.) for name in self.CLASSES])
            sample['gt_score'] = (score / score.sum()).tolist()
        return kept

    def _read_votes(self) -> List[Votes]:
        """Read the list."""
        path = self.ann_file
        columns = ('usage', 'image name', *_VOTED, *_OTHERS)
        votes = []
        for cells in read_csv(path, columns, (), self.problems):
            where, usage = cells['where'], cells['usage']
            if usage not in USAGES:
                raise ValueError(f'{where}: Usage {usage!r}, expected one of '
                                 f'{", ".join(USAGES)}')
            texts = [cells[name] for name in (*_VOTED, *_OTHERS)]
            if not all(text.isdigit() for text in texts):
                raise ValueError(f'{where}: votes {texts}, expected whole '
                                 'numbers; download the list again')
            votes.append(
                Votes(
                    np.array(texts, np.int64), USAGES[usage],
                    cells['image name'], where))
        return votes

    def _match_csv(self, votes: List[Votes]) -> List[dict]:
        """Join the list with the rows of FER2013's CSV file, if any."""
        path = find_csv(self.data_root)
        if path is None:
            return []
        rows = read_fer2013_csv(path, self.problems)
        splits = [[one.split for one in many] for many in (votes, rows)]
        if splits[0] != splits[1]:
            raise ValueError(
                f'{self.ann_file} and {path} do not fit: {len(votes)} and '
                f'{len(rows)} rows, of {Counter(splits[0])} and '
                f'{Counter(splits[1])}; the list is that of the unchanged '
                'file of the competition')
        self._pixels = np.stack([row.image for row in rows])
        return [
            dict(img_path=f'{path}:{k}', row=k, votes=one)
            for k, one in enumerate(votes) if one.name
        ]

    def _match_files(self, votes: List[Votes]) -> List[dict]:
        """Join the list with files of the same names."""
        files = find_named_images(self.data_root, self.problems)
        if not files:
            raise FileNotFoundError(
                f'{self.data_root}: found no image of FER2013; expected '
                'fer2013.csv, or files called fer0000000.png')
        # Four names are listed twice: the last one wrote the file.
        unique = {one.name: one for one in votes if one.name in files}
        return [
            dict(img_path=files[name], votes=one)
            for name, one in unique.items()
        ]

from collections import defaultdict
from typing import Any, Dict, List, Optional, Union

from mmengine.dataset import BaseDataset

from ...registry import DATASETS

PARTS = ('fit', 'check', 'all')


@DATASETS.register_module()
class SubjectLabels:
    """Label the images of a dataset with their subjects.

    It trains networks that recognise subjects, such as the embedder of
    :class:`~mmfermtl.evaluation.IdentityScore`, where no pretrained one is
    available. Labels are the positions among the sorted subjects.

    Args:
        dataset (dict | BaseDataset): An
            :class:`~mmfermtl.datasets.ExpressionDataset` without ``pairs``
            whose pipeline packs data samples.
        part (str): ``'check'`` has the last sequence of each subject who has
            several, and ``'fit'`` all others, so that subjects are tested
            with another expression than those trained on; ``'all'`` has both.
            Defaults to ``'all'``.
        indices (int, optional): Keep the first images only. Defaults to
            None, all.

    Raises:
        ValueError: If a part is not known, or empty.
    """

    def __init__(self,
                 dataset: Union[dict, BaseDataset],
                 part: str = 'all',
                 indices: Optional[int] = None) -> None:
        if part not in PARTS:
            raise ValueError(f'part={part!r}; give one of {", ".join(PARTS)}')
        self.dataset = (
            DATASETS.build(dataset) if isinstance(dataset, dict) else dataset)
        records = list(map(self.dataset.get_record, range(len(self.dataset))))
        subjects = sorted({record['subject'] for record in records})
        self.labels: List[int] = [
            subjects.index(record['subject']) for record in records
        ]
        self.metainfo: Dict[str, Any] = dict(classes=tuple(subjects))
        sequences = defaultdict(set)
        for record in records:
            sequences[record['subject']].add(record['sequence'])
        # The last sequences of subjects who have several.
        checked = {(subject, max(names))
                   for subject, names in sequences.items() if len(names) > 1}
        self.indices = [
            i for i, record in enumerate(records) if part == 'all' or (
                (record['subject'],
                 record['sequence']) in checked) == (part == 'check')
        ][:indices]
        if not self.indices:
            raise ValueError(
                f'SubjectLabels(part={part!r}): no image is left; no subject '
                "has several sequences, give part='all'")

    def full_init(self) -> None:
        """Do nothing; MMEngine calls it on every dataset."""

    def __len__(self) -> int:
        """Return the number of images of the part."""
        return len(self.indices)

    def __getitem__(self, idx: int) -> Dict[str, Any]:
        """Return an item of the dataset, its subject as ``gt_label``."""
        index = self.indices[idx]
        item = self.dataset[index]
        item['data_samples'].set_gt_label(self.labels[index])
        return item

    def get_data_info(self, idx: int) -> Dict[str, Any]:
        """Return the record of an image, labelled with its subject."""
        index = self.indices[idx]
        record = self.dataset.get_data_info(index)
        return dict(record, gt_label=self.labels[index])

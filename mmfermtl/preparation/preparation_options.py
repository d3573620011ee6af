import json
from dataclasses import asdict, dataclass, field
from typing import Any, Dict, NamedTuple, Type

from ..datasets.sequence_dataset import SequenceDataset


class SourceDataset(NamedTuple):
    """A dataset class and its options, to be built in any process."""

    cls: Type[SequenceDataset]
    kwargs: Dict[str, Any]

    def build(self, root: str) -> SequenceDataset:
        """Build the dataset without listing its samples."""
        return self.cls(data_root=root, lazy_init=True, **self.kwargs)


@dataclass(frozen=True)
class PreparationOptions:
    """All that a prepared tree depends on, besides its source.

    Args:
        size (int): Side of the crops in pixels; 110 leaves room for random
            crops of 96. Defaults to 110.
        margin (float): Room around the tight square face, as a share of its
            side. Defaults to 0.1.
        color (str): ``'gray'``, or ``'keep'`` for grey files of grey images
            and colour files of colour images. Defaults to ``'keep'``.
        align (str): ``'auto'`` uses the landmarks of the distribution where
            there are some and a face detector elsewhere, so that the faces
            of all datasets are aligned alike; ``'detector'`` ignores the
            landmarks; ``'none'`` shrinks whole images, for datasets that come
            cropped. Defaults to ``'auto'``.
        neutral (int): How many of the first frames of a sequence are
            prepared besides those that show the expression. Defaults to 1.
        unlabelled (bool): Whether the neutral frames of sequences without a
            label are prepared too. Defaults to False.
        dataset (dict): Options of the dataset, ``frames`` among them.

    Raises:
        ValueError: If a value is out of range.
    """

    size: int = 110
    margin: float = 0.1
    color: str = 'keep'
    align: str = 'auto'
    neutral: int = 1
    unlabelled: bool = False
    dataset: Dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 8 <= self.size <= 4096:
            raise ValueError(f'size={self.size}; give 8 to 4096 pixels')
        if not 0 <= self.margin <= 2:
            raise ValueError(f'margin={self.margin}; give 0 to 2, a share of '
                             'the side of the face')
        if self.neutral < 0:
            raise ValueError(f'neutral={self.neutral}; give 0 or more frames')
        for name, known in (('color', ('keep', 'gray')),
                            ('align', ('auto', 'detector', 'none'))):
            if getattr(self, name) not in known:
                raise ValueError(f'{name}={getattr(self, name)!r}; give one '
                                 f'of {", ".join(known)}')

    def to_dict(self) -> Dict[str, Any]:
        """dict: All options in one level, as an index stores them."""
        options = asdict(self)
        # With lists in place of tuples, as JSON returns them.
        return json.loads(json.dumps({**options.pop('dataset'), **options}))

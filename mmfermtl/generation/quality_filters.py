from typing import Dict, List, NamedTuple, Optional, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ..evaluation.functional.generated_images import read_scores
from ..evaluation.functional.identity import unit_vectors
from ..utils.errors import UserError

FILTERS = ('judge', 'identity', 'copy')


class FilterResult(NamedTuple):
    """What the gates say of a painted face."""

    #: Name and value of each score.
    scores: Dict[str, float]
    #: Gates that refuse the face; none if it passes.
    refused: List[str]


class QualityFilters:
    """Which painted faces are good enough to be trained on.

    A gate whose threshold is None is open, but its score is noted where it
    can be had.

    Args:
        judge (nn.Module, optional): An independent classifier.
        embedder (nn.Module, optional): From ``(N, C, H, W)`` uint8 to
            vectors ``(N, D)``.
        agreement (float, optional): Gate ``'judge'``: least probability that
            the judge gives the target.
        identity (float, optional): Gate ``'identity'``: least cosine of
            painted face and source.
        max_agreement (float, optional): Gate ``'judge'``: greatest such
            probability, to train on what the judge is not sure of.
        change (float, optional): Gate ``'copy'``: least mean absolute
            difference from the source on [0, 1]. With a judge, a face that
            it still reads as the source's expression is refused, too.

    Raises:
        UserError: If a threshold is out of range or lacks its network.
    """

    def __init__(self,
                 judge: Optional[nn.Module] = None,
                 embedder: Optional[nn.Module] = None,
                 agreement: Optional[float] = None,
                 identity: Optional[float] = None,
                 change: Optional[float] = None,
                 max_agreement: Optional[float] = None) -> None:
        for name, value, low, part in (('agreement', agreement, 0, judge),
                                       ('identity', identity, -1, embedder),
                                       ('change', change, 0, True)):
            if value is not None and not low <= value <= 1:
                raise UserError(f'--min-{name} {value}: expected a number '
                                f'from {low} to 1')
            if value is not None and part is None:
                needed = dict(
                    agreement='--judge-config and --judge-checkpoint',
                    identity='--embedder, or --embedder-config and '
                    '--embedder-checkpoint')
                raise UserError(f'--min-{name} needs {needed[name]}')
        if max_agreement is not None and not (agreement
                                              or 0) < max_agreement <= 1:
            raise UserError(f'--max-agreement {max_agreement}: expected a '
                            'number above --min-agreement, up to 1')
        if max_agreement is not None and judge is None:
            raise UserError('--max-agreement needs --judge-config and '
                            '--judge-checkpoint')
        self.judge = judge
        self.max_agreement = max_agreement
        self.embedder = embedder
        self.agreement = agreement
        self.identity = identity
        self.change = change

    @torch.no_grad()
    def look(self, painted: Tensor, sources: Tensor, targets: Sequence[int],
             shown: Sequence[int]) -> List[FilterResult]:
        """Judge painted faces.

        Args:
            painted (Tensor): ``(N, C, H, W)`` uint8.
            sources (Tensor): Likewise.
            targets (Sequence[int]): Class of each painted face.
            shown (Sequence[int]): Class of each source, -1 if not known.

        Returns:
            list[Verdict]: One a face.
        """
        change = (painted.float() - sources.float()).abs().flatten(1) / 255
        columns = dict(change=change.mean(1).tolist())
        readings = [-2] * len(painted)
        if self.judge is not None:
            read = read_scores(self.judge, painted)
            readings = read.argmax(1).tolist()
            columns['judge'] = read[range(len(read)), list(targets)].tolist()
        if self.embedder is not None:
            columns['identity'] = self._cosines(painted, sources)
        return [
            self._decide({
                k: round(v[i], 6)
                for k, v in columns.items()
            }, reading == own)
            for i, (reading, own) in enumerate(zip(readings, shown))
        ]

    def _cosines(self, painted: Tensor, sources: Tensor) -> List[float]:
        device = next(self.embedder.parameters(), torch.empty(0)).device
        one, two = (
            unit_vectors(
                np.float64(self.embedder(faces.to(device)).cpu().numpy()))
            for faces in (painted, sources))
        return (one * two).sum(1).tolist()

    def _decide(self, scores: Dict[str, float],
                unchanged: bool) -> FilterResult:
        refused = []
        if self.agreement is not None and scores['judge'] < self.agreement:
            refused.append('judge')
        elif (self.max_agreement is not None
              and scores['judge'] > self.max_agreement):
            refused.append('judge')
        if self.identity is not None and scores['identity'] < self.identity:
            refused.append('identity')
        if self.change is not None and (scores['change'] < self.change
                                        or unchanged):
            refused.append('copy')
        return FilterResult(scores, refused)

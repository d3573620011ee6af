"""Measure what the generated faces of a network tell about its recognition."""
from typing import Any, Dict, List, Sequence

from mmengine.config import Config

from ...engine.checkpoints.checkpoint_check import HeldOut, check_held_out
from ...inference.torch_backend import TorchBackend
from ...utils.text_table import format_table
from ..calibration.held_out_logits import build_test_set, build_validation_set
from ..trained_classifier import TrainedClassifier
from .deletion_test import CHANGE, SHARES, saliency_maps, score_deletion
from .self_doubt import SCORE, score_doubts
from .self_images import generate_selves


def measure_selves(trained: TrainedClassifier,
                   name: str,
                   cfg: Config,
                   part: str = 'test',
                   shares: Sequence[float] = SHARES,
                   batch_size: int = 32) -> Dict[str, Any]:
    """Score doubts and maps on images that a network was not trained on.

    Args:
        trained (TrainedClassifier): A model with a head and a generator.
        name (str): Of the set, for the report.
        cfg (Config): Its datasets.
        part (str): ``'test'``, ``'val'``, or ``'all'`` of a dataset that the
            model has seen nothing of. Defaults to ``'test'``.
        shares (Sequence[float]): Shares of the pixels that are deleted.
        batch_size (int): Defaults to 32.

    Raises:
        UserError: If the model has no generator.
        ValueError: If it was trained on subjects of the set.
    """
    dataset = (
        build_validation_set(cfg, trained.pipeline) if part == 'val' else
        build_test_set(cfg, trained.pipeline, whole=part == 'all'))
    check_held_out(trained.record, trained.path, HeldOut.of([dataset]))
    size = tuple(dataset[0]['inputs'].shape[-2:])
    device = str(next(trained.model.parameters()).device)
    backend = TorchBackend(
        trained.model, trained.classes, size, device, name=trained.path)
    temperature = (trained.calibration or {}).get('temperature', 1.)
    found = generate_selves(backend, dataset, temperature, batch_size)
    maps = saliency_maps(found)
    return dict(
        set=name,
        part=part,
        images=len(found.labels),
        subjects=len(set(found.subjects)),
        classes=[
            one for one, known in zip(trained.classes, found.known) if known
        ],
        temperature=temperature,
        accuracy=100 * float((found.predictions == found.labels).mean()),
        doubts=score_doubts(found),
        deletion={
            str(share): score_deletion(backend, found, maps, share)
            for share in shares
        })


def format_selves(measured: Sequence[Dict[str, Any]]) -> str:
    """Write the scores of :func:`measure_selves` as tables."""
    texts: List[str] = []
    for one in measured:
        texts.append(f'{one["set"]}: {one["images"]} images, '
                     f'{len(one["classes"])} classes, '
                     f'{one["accuracy"]:.2f} % right')
        texts.append(
            format_table(('doubt', 'AURC', '95 %', f'minus {SCORE}', '95 %',
                          'risk at 50 %', '80 %', '90 %'),
                         [(name, f'{s["aurc"]:.2f}', _range(
                             s['interval']), f'{s["minus_score"]:+.2f}',
                           _range(s['minus_score_interval'],
                                  '+'), *(f'{risk:.2f}'
                                          for risk in s['risk_at'].values()))
                          for name, s in one['doubts'].items()]))
        for share, rows in one['deletion'].items():
            texts.append(
                format_table(
                    (f'{100 * float(share):g} % of the face deleted by',
                     'drop, points', '95 %', f'below {CHANGE}', '95 %'),
                    [(name, f'{s["drop"]:.1f}', _range(
                        s['interval']), f'{s["below_change"]:+.1f}',
                      _range(s['below_change_interval'], '+'))
                     for name, s in rows.items()]))
    return '\n\n'.join(texts)


def _range(interval: Sequence[float], sign: str = '') -> str:
    low, high = interval
    return f'{low:{sign}.2f} .. {high:{sign}.2f}'

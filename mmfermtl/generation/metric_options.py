"""The metrics that ``tools/score_synthesis.py`` offers."""
import os.path as osp
from typing import Any, Dict, List, Optional

from torch import nn

from ..utils.errors import UserError
from ..utils.json_documents import plain, write_json
from ..utils.output_files import report_write_errors


def list_metrics(
        embedder: Optional[nn.Module] = None,
        lpips_weights: Optional[str] = None,
        inception_weights: Optional[str] = None) -> List[Dict[str, Any]]:
    """Configs of all metrics but those of the judge.

    Those whose networks are not given say so, and the others go on.

    Args:
        embedder (nn.Module, optional): Tells persons apart.
        lpips_weights (str, optional): File of torchvision's AlexNet.
        inception_weights (str, optional): File of torch-fidelity's
            Inception.

    Returns:
        list[dict]: The configs.

    Raises:
        UserError: If a file is named that is not there.
    """
    for path in (lpips_weights, inception_weights):
        if path is not None and not osp.isfile(path):
            raise UserError(f'{path} is not a file: give the path of weights '
                            'that you have, nothing is downloaded')
    return [
        dict(type='mmfermtl.SynthesisMetric'),
        dict(type='mmfermtl.CycleError'),
        dict(type='mmfermtl.IdentityScore', embedder=embedder),
        dict(type='mmfermtl.PerceptualDistance', weights=lpips_weights),
        dict(type='mmfermtl.FeatureDistance', weights=inception_weights),
    ]


def save_scores(path: str, score: Any) -> None:
    """Write scores as JSON.

    Args:
        path (str): The file.
        score (SynthesisScore): The scores.

    Raises:
        UserError: If it cannot be written.
    """
    with report_write_errors('--out', path):
        write_json(
            path,
            dict(classes=list(score.classes), metrics=plain(score.metrics)))

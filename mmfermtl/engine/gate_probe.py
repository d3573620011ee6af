"""Measure the exchange gates and gradients without side effects."""
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Optional

import torch
from torch import Tensor, nn

from ..models import record_gates
from ..utils.json_documents import NUMBER
from ..utils.random_state import get_random_state, set_random_state

Row = Dict[str, Any]
# A number that was not finite is written as null.
_SPREAD = dict.fromkeys(('r_mean', 'r_std', 'z_mean', 'z_std'),
                        (*NUMBER, None))
#: What ``gates.json`` holds.
GATES_SHAPE = [{
    'iter': int,
    'points': [{
        'to_fer?': _SPREAD,
        'to_fes?': _SPREAD
    }],
    'cosine?': (*NUMBER, None),
    'grad_norm_fer?': (*NUMBER, None),
    'grad_norm_fes?': (*NUMBER, None)
}]


@contextmanager
def no_trace(model: nn.Module) -> Iterator[None]:
    """Restore buffers and random generators at the end.

    The buffers are the running statistics of norms, and whatever else a pass
    through the model changes. Parameters and their gradients are not saved:
    do not change them inside.
    """
    buffers = [(b, b.detach().clone()) for b in model.buffers()]
    state = get_random_state()
    devices = [torch.cuda.current_device()
               ] if torch.cuda.is_initialized() else []
    try:
        with torch.random.fork_rng(devices=devices):
            yield
    finally:
        set_random_state(state)
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)


def probe_gates(model: nn.Module, data_batch: Any) -> Row:
    """Measure gates and gradients of one batch.

    Args:
        model (nn.Module): :class:`~mmfermtl.models.FERMTL`, not wrapped.
        data_batch (dict): ``inputs``, N images ``(C, H, W)`` uint8, and
            ``data_samples``, as the data loader gives them.

    Returns:
        dict: ``'points'``, a list of one dict an exchange point: for each
        direction, ``'to_fer'`` and ``'to_fes'``, mean and standard deviation
        over all elements of the gates, ``r_mean``, ``r_std``, ``z_mean`` and
        ``z_std``. With two tasks and a common stem that is trained also
        ``'cosine'`` of the gradients of ``loss_fer`` and of the sum of the
        other losses on the stem's parameters, in [-1, 1] (None if one of them
        is zero), and their lengths ``'grad_norm_fer'`` and
        ``'grad_norm_fes'``.
    """
    backbone = model.network.backbone
    with no_trace(model), torch.enable_grad():
        data = model.data_preprocessor(data_batch, True)
        with record_gates(backbone) as points:
            losses, _ = model.loss_terms(**data)
        row: Row = dict(points=[{
            direction: _spread(gates)
            for direction, gates in point.items()
        } for point in points])
        stem = getattr(backbone, 'stem', None)
        if stem is not None and getattr(backbone, 'fes_stem', None) is None:
            row.update(_compare_gradients(losses, stem))
    return row


def flatten_row(row: Row) -> Dict[str, float]:
    """List the numbers of a row by names as ``'point1/to_fer/r_mean'``."""
    flat = {
        f'point{i}/{direction}/{name}': value
        for i, point in enumerate(row['points'], 1)
        for direction, numbers in point.items()
        for name, value in numbers.items()
    }
    flat.update({
        name: row[name]
        for name in ('cosine', 'grad_norm_fer', 'grad_norm_fes')
        if row.get(name) is not None
    })
    return flat


def _spread(gates: Any) -> Dict[str, float]:
    out = {}
    for name, gate in (('r', gates.reset), ('z', gates.update)):
        std, mean = torch.std_mean(gate.float(), correction=0)
        out.update({f'{name}_mean': float(mean), f'{name}_std': float(std)})
    return out


def _compare_gradients(losses: Dict[str, Tensor], stem: nn.Module) -> Row:
    """Compare the gradients of the two tasks on the stem, if there are two."""
    recognition = losses.get('loss_fer')
    others: List[Tensor] = [
        v for k, v in losses.items() if 'loss' in k and k != 'loss_fer'
    ]
    parameters = [p for p in stem.parameters() if p.requires_grad]
    # Stages that are frozen have no gradients to compare.
    if recognition is None or not others or not parameters:
        return {}
    fer = _gradient(recognition, parameters, retain_graph=True)
    fes = _gradient(sum(others), parameters)
    lengths = float(fer.norm()), float(fes.norm())
    cosine: Optional[float] = None
    if all(lengths):
        cosine = float((fer / lengths[0]) @ (fes / lengths[1]))
    return dict(
        cosine=cosine, grad_norm_fer=lengths[0], grad_norm_fes=lengths[1])


def _gradient(loss: Tensor, parameters: List[nn.Parameter],
              **kwargs: Any) -> Tensor:
    grads = torch.autograd.grad(loss, parameters, allow_unused=True, **kwargs)
    return torch.cat([
        (torch.zeros_like(p) if g is None else g).flatten().double()
        for p, g in zip(parameters, grads)
    ])

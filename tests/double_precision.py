"""Import it, as a custom import of a config, to compute in float64.

Rounding then is too small to turn a kink (ReLU, L1) the other way, which in
float32 moves a loss by a thousandth within ten steps. What the library casts
to float32 is widened again where a module takes it.
"""
import torch
from torch.nn.modules.module import register_module_forward_pre_hook


def widen_one(value):
    """Float64 in the place of float32, all else as it is."""
    if torch.is_tensor(value) and value.dtype == torch.float32:
        return value.double()
    return value


def widen(module: torch.nn.Module, args: tuple) -> tuple:
    """Before the forward pass of any module."""
    return tuple(map(widen_one, args))


torch.set_default_dtype(torch.float64)
register_module_forward_pre_hook(widen)

"""Compute in float64, when imported as a custom import of a config.

Rounding errors are then too small to change the side of a kink (ReLU, L1),
which in float32 changes a loss by a thousandth within ten steps. Tensors that
the library casts to float32 are cast back where they enter a module.
"""
import torch
from torch.nn.modules.module import register_module_forward_pre_hook


def widen_one(value):
    """Cast float32 tensors to float64."""
    if torch.is_tensor(value) and value.dtype == torch.float32:
        return value.double()
    return value


def widen(module: torch.nn.Module, args: tuple) -> tuple:
    """Cast the inputs of any module."""
    return tuple(map(widen_one, args))


torch.set_default_dtype(torch.float64)
register_module_forward_pre_hook(widen)

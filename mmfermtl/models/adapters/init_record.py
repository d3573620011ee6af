"""Reconcile how MMEngine and mmagic record the initialisation of weights.

MMEngine attaches a dict, ``_params_init_info``, to every module of a model
before it initialises any. mmagic's translation models attach it to generator
and discriminator only, so that MMEngine's ``init_weights`` misses it in their
children; and mmagic's discriminators fail if their children have it.
"""
from torch import nn

_RECORD = '_params_init_info'


def share_record(module: nn.Module) -> None:
    """Attach the record of a module to its children."""
    record = getattr(module, _RECORD, None)
    if record is not None:
        for child in module.modules():
            setattr(child, _RECORD, record)


def init_without_record(module: nn.Module) -> None:
    """Initialise a module, if it can, while its record is detached."""
    if not hasattr(module, 'init_weights'):
        return
    # Also those of the children, with which mmagic's method would fail.
    records = {
        child: vars(child).pop(_RECORD)
        for child in module.modules() if _RECORD in vars(child)
    }
    module.init_weights()
    for child, record in records.items():
        setattr(child, _RECORD, record)

"""Where MMEngine and mmagic disagree about the record of initialisation.

MMEngine hangs a dict, ``_params_init_info``, on every module of a model
before it initialises any. mmagic's translation models hang it on generator
and discriminator alone, where MMEngine's own ``init_weights`` then misses it
in their children; and mmagic's discriminators fail where children have it.
"""
from torch import nn

_RECORD = '_params_init_info'


def hand_on_record(module: nn.Module) -> None:
    """Give the children of a module the record that it has itself."""
    record = getattr(module, _RECORD, None)
    if record is not None:
        for child in module.modules():
            setattr(child, _RECORD, record)


def init_without_record(module: nn.Module) -> None:
    """Initialise a module that must not find the record, if it can."""
    if not hasattr(module, 'init_weights'):
        return
    records = {
        child: vars(child).pop(_RECORD)
        for child in module.modules() if _RECORD in vars(child)
    }
    module.init_weights()
    for child, record in records.items():
        setattr(child, _RECORD, record)

"""Adapt the schedules of a config to its number of epochs."""
from typing import Any, Dict, List, Mapping

from mmengine.config import Config
from mmengine.logging import MMLogger


def list_schedulers(cfg: Mapping[str, Any]) -> Dict[str, List[Dict[str, Any]]]:
    """List the schedulers of a config by the name of their optimizer.

    Those of all optimizers are under ``''``.
    """
    found = cfg.get('param_scheduler') or []
    if not isinstance(found, dict) or 'type' in found:
        found = {'': found}
    return {
        name: [part] if isinstance(part, dict) else list(part)
        for name, part in found.items()
    }


def check_schedules(cfg: Config) -> None:
    """Drop schedulers that would never begin, and warn of other lengths.

    MMEngine ends a scheduler without ``end`` with the training, and refuses
    one that would begin later. Thus ``train_cfg.max_epochs`` alone may be
    made smaller than the warm-up. The config is changed in place.
    """
    logger = MMLogger.get_current_instance()
    loop = cfg.get('train_cfg') or {}
    schedulers = list_schedulers(cfg)
    late = []
    for name, part in schedulers.items():
        for scheduler in list(part):
            end = loop.get(_unit(scheduler))
            if end is not None and scheduler.get('begin', 0) >= end:
                part.remove(scheduler)
                late.append(f'{scheduler["type"]} (begin='
                            f'{scheduler["begin"]})')
    if late:
        cfg.param_scheduler = schedulers.get('', schedulers)
        logger.info(f'Training ends before {", ".join(dict.fromkeys(late))} '
                    'of param_scheduler: dropped')
    epochs = loop.get('max_epochs')
    ends = [
        s.get('end') or epochs for part in schedulers.values() for s in part
        if _unit(s) == 'max_epochs'
    ]
    if ends and epochs is not None and max(ends) != epochs:
        logger.warning(
            f'The learning rate is planned to epoch {max(ends)}, but training '
            f'ends at epoch {epochs}. If max_epochs was changed, remove end '
            'and T_max from param_scheduler, so that they follow it')


def _unit(scheduler: Dict[str, Any]) -> str:
    return 'max_epochs' if scheduler.get('by_epoch', True) else 'max_iters'

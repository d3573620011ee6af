import copy
import os
import os.path as osp
from typing import Any, Dict, Optional

from mmengine.config import Config
from mmengine.utils import import_modules_from_strings

from ...utils.atomic_files import PARTIAL, write_whole
from ...utils.contained_files import contained_path, is_inner_path
from ...utils.errors import UserError
from ...utils.json_documents import NUMBER, SHA256, Rule, read_json, write_json
from ...utils.output_files import make_output_folder, report_write_errors
from .config_identity import config_hash, describe_differences
from .run_key import RunKey
from .study_config import (TRUST, check_types, make_config, read_config,
                           save_config)

MANIFEST = 'cross_validation.json'
CONFIG = 'config.json'
DONE = 'done.json'
LOG = 'run.log'
_MANIFEST_SHAPE = dict(
    config=Rule('the name of a file, without a folder',
                lambda v: is_inner_path(v) and osp.basename(v) == v),
    config_sha256=SHA256,
    num_folds=int,
    amp=bool)
#: What a complete run leaves behind, and what is reported of it.
DONE_SHAPE = {
    'config_sha256': SHA256,
    'seed': int,
    'fold': int,
    'nested': bool,
    'epochs': {
        'last': int,
        str: int
    },
    'accuracy': NUMBER,
    'seconds': NUMBER,
    'peak_memory_mb?': (*NUMBER, None),
    'num_parameters': (int, None),
    'num_train?': (int, None),
    'leak?': (str, None),
    'checkpoint?': (str, None),
    'inputs?': ({
        str: SHA256
    }, None),
    'finished?': str,
    'code': dict,
    'versions': dict,
    'hardware': dict
}


class StudyFolder:
    """The folder of a cross-validation: its config, and a folder a run.

    The config is kept as it was at the first start, so that later edits of
    the file do not mix two configs in one result. It is kept as data: nothing
    in the folder is run, for it may come from a stranger. ::

        out
        ├── cross_validation.json       what the study is
        ├── config.json                 its config, options merged
        ├── <config name>.py            the same, to be read by people alone
        ├── seed_0
        │   ├── fold_0                  work directory of a run
        │   │   ├── done.json           written when it is complete
        │   │   ├── predictions         of every epoch
        │   │   └── run.log
        │   ├── nested_fold_0
        │   └── ...
        ├── results.json, predictions.json, card.md, confusion_*.png

    Args:
        path (str): The folder, which has a manifest.
        given (Config, optional): The config of the study, as the user gave
            it. Defaults to None.
        vouched (str, optional): SHA-256 of a config that the user gave: that
            of the study may import modules if it is the same. Defaults to
            None, where it may name registered parts alone.

    Raises:
        UserError: If it has none, or is of another config than the one that
            is given.
        ValueError: If the manifest is damaged.
    """

    def __init__(self,
                 path: str,
                 given: Optional[Config] = None,
                 vouched: Optional[str] = None) -> None:
        self.path = path
        self._given = given
        self.vouched = vouched if given is None else config_hash(given)
        file = osp.join(path, MANIFEST)
        if not osp.isfile(file):
            raise UserError(f'{path} holds no {MANIFEST}, so that it is no '
                            'folder of tools/cross_validate.py')
        self.manifest: Dict[str, Any] = read_json(
            file, _MANIFEST_SHAPE, 'start again with an empty folder')
        if given is not None:
            self._check_same(given, None)

    @classmethod
    def open(cls, path: str, cfg: Config, num_folds: int,
             amp: bool) -> 'StudyFolder':
        """Begin a study in a folder, or go on with the one that is there.

        Args:
            path (str): The folder.
            cfg (Config): Config of the study, without those of its runs.
            num_folds (int): Number of folds.
            amp (bool): Whether to train in mixed precision.

        Returns:
            StudyFolder: The study.

        Raises:
            UserError: If the folder has other contents, or another config.
        """
        make_output_folder('--out', path)
        name = osp.basename(cfg.filename)
        if not osp.exists(osp.join(path, MANIFEST)):
            # Array tasks may start at the same time.
            strange = [
                n for n in os.listdir(path) if n not in (
                    name, CONFIG) and not n.endswith(PARTIAL) and n[0] != '.'
            ]
            if strange:
                raise UserError(
                    f'--out {path} holds other things ({strange[0]}, ...) '
                    f'but no {MANIFEST}; give a new or an empty folder')
            manifest = dict(
                config=name,
                config_sha256=config_hash(cfg),
                num_folds=num_folds,
                amp=amp)
            with report_write_errors('--out', path):
                save_config(cfg, osp.join(path, CONFIG))
                write_whole(osp.join(path, name), cfg.pretty_text.encode())
                # The first of several array tasks that start at once.
                write_json(osp.join(path, MANIFEST), manifest, replace=False)
        study = cls(path, cfg)
        study._check_same(cfg, amp)
        if not osp.isfile(osp.join(path, CONFIG)):
            # Begun by an earlier version, which kept Python code.
            save_config(cfg, osp.join(path, CONFIG))
        return study

    def _check_same(self, cfg: Config, amp: Optional[bool]) -> None:
        """Refuse to mix two configs."""
        hint = 'give another --out, or the same options as before'
        if amp is not None and self.manifest['amp'] != amp:
            raise UserError(f'{self.path} was started '
                            f'{"with" if self.manifest["amp"] else "without"} '
                            f'--amp; {hint}')
        path = osp.join(self.path, CONFIG)
        if self.manifest['config_sha256'] == config_hash(cfg):
            if osp.isfile(path):
                self._read_config()
            return
        if not osp.isfile(path):
            raise UserError(f'{self.path} belongs to another config, whose '
                            f'values are not kept in {CONFIG}; {hint}')
        differing = describe_differences(self._read_config(), cfg)
        more = f'; and {len(differing) - 4} more' * (len(differing) > 4)
        raise UserError(f'{self.path} belongs to another config '
                        f'({"; ".join(differing[:4])}{more}); {hint}')

    def _read_config(self) -> Config:
        """Read what the study began with; nothing of it is run."""
        path = osp.join(self.path, CONFIG)
        if not osp.isfile(path):
            raise UserError(
                f'{path} is not there: the study was begun by an earlier '
                f'version, which kept its config as Python code. Code of a '
                f'study is not run; {TRUST}')
        cfg = read_config(path, osp.join(self.path, self.manifest['config']))
        if config_hash(cfg) != self.manifest['config_sha256']:
            raise UserError(f'{path} is not what the study began with; undo '
                            'the changes, or start again with an empty '
                            'folder')
        return cfg

    def load_config(self) -> Config:
        """Read the config of the study, without running code of its folder.

        Returns:
            Config: As it was when the study began.

        Raises:
            UserError: If the file is gone or was edited, or if nobody has
                vouched for it and it would run more than registered parts.
        """
        if self._given is not None:
            return make_config(
                copy.deepcopy(self._given.to_dict()),
                osp.join(self.path, self.manifest['config']))
        cfg = self._read_config()
        if self.vouched != self.manifest['config_sha256']:
            check_types(cfg, osp.join(self.path, CONFIG))
        elif cfg.get('custom_imports'):
            import_modules_from_strings(**cfg.custom_imports)
        return cfg

    def run_dir(self, key: RunKey) -> str:
        """Work directory of a run, which lies in the study's folder."""
        return contained_path(self.path, key.folder, follow=True)

    def read_done(self, key: RunKey) -> Optional[Dict[str, Any]]:
        """Read what a complete run has left behind.

        Args:
            key (RunKey): The run.

        Returns:
            dict, optional: None if the run is not complete. A damaged file
            counts as none, for the run makes it anew from its last
            checkpoint.

        Raises:
            UserError: If the run is of another config.
        """
        path = osp.join(self.run_dir(key), DONE)
        if not osp.isfile(path):
            return None
        try:
            done = read_json(path, DONE_SHAPE)
        except ValueError:
            return None
        if ('nested' if key.nested else 'best_on_test') not in done['epochs']:
            return None
        found = (done['config_sha256'], done['seed'], done['fold'])
        wanted = (self.manifest['config_sha256'], key.seed, key.fold)
        if found != wanted:
            raise UserError(
                f'{path}: the run is of config {found[0][:12]}, seed '
                f'{found[1]}, fold {found[2]}, expected {wanted[0][:12]}, '
                f'{key.seed}, {key.fold}; remove {osp.dirname(path)}')
        return done

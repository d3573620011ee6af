"""Train one run of a cross-validation, in a process of its own."""
import argparse
import os
import os.path as osp
import signal
import threading
import time
from glob import glob
from typing import Dict

from mmengine.config import Config

from ...datasets.generated.provenance import PROVENANCE_NAME
from ...engine.config.held_out_guard import is_generated
from ...engine.training import lock_work_dir, run_training
from ...utils.config.config_tree import config_leaves
from ...utils.contained_files import file_sha256
from ...utils.environment import describe_environment
from ...utils.errors import UserError, report_user_errors
from ...utils.json_documents import read_json, write_json
from ...utils.safe_loading import weights_file
from ...utils.wrapped_datasets import leaf_datasets
from .augmented_test import forget_test
from .epoch_predictions import choose_epochs, count_hits, read_epoch
from .fold_config import configure_run
from .run_key import RunKey
from .study_config import settings
from .study_folder import DONE, SUMMARY_SHAPE, StudyFolder

WEIGHTS = ('.pth', '.pt', '.onnx', '.safetensors')


def train_run(study: StudyFolder, key: RunKey) -> None:
    """Train one run to its end, from its last checkpoint if it has one."""
    work_dir = study.run_dir(key)
    with lock_work_dir(work_dir):
        if study.read_done(key) is not None:
            return
        cfg = study.load_config()
        configure_run(cfg, key)
        cfg.work_dir = work_dir
        inputs = describe_inputs(cfg)
        run_training(cfg, resume='auto', amp=study.manifest['amp'])
        _finish(study, key, inputs)


def describe_inputs(cfg: Config) -> Dict[str, str]:
    """Compute checksums of the weights and generated sets of a config.

    By name as in the config, this is the hexadecimal SHA-256 of the file, or
    of the provenance of a generated set, which has the checksums of its
    images. Missing files are left out.
    """
    files = {}
    for value in config_leaves(settings(cfg)).values():
        if isinstance(value, str):
            path = weights_file(value)
            if path.endswith(WEIGHTS):
                files[value] = path
    for leaf in leaf_datasets(cfg.train_dataloader.dataset):
        if is_generated(leaf.get('type')):
            files[leaf['data_root']] = osp.join(leaf['data_root'],
                                                PROVENANCE_NAME)
    found = {name: file_sha256(path) for name, path in files.items()}
    return {name: digest for name, digest in found.items() if digest}


def _finish(study: StudyFolder, key: RunKey, inputs: Dict[str, str]) -> None:
    """Select the epochs, remove old checkpoints, mark the run complete."""
    work_dir = study.run_dir(key)
    summary = read_json(
        osp.join(work_dir, 'summary.json'), dict(SUMMARY_SHAPE, epochs=int),
        'run it again')
    facts = [name.rstrip('?') for name in SUMMARY_SHAPE]
    epochs = choose_epochs(work_dir, key.nested)
    if epochs['last'] != summary['epochs']:
        raise UserError(f'{work_dir}: the run ended with epoch '
                        f'{summary["epochs"]}, but was validated to epoch '
                        f'{epochs["last"]} only; validate the last epoch')
    forget_test(work_dir)
    # A nested run serves to choose without its test fold.
    rows = read_epoch(work_dir, epochs['last'],
                      'inner_val' if key.nested else 'test')
    last = summary.get('checkpoint')
    for name in glob('epoch_*.pth', root_dir=work_dir):
        if last and name != last:
            os.remove(osp.join(work_dir, name))
    write_json(
        osp.join(work_dir, DONE),
        dict(
            config_sha256=study.manifest['config_sha256'],
            **key._asdict(),
            epochs=epochs,
            accuracy=100 * count_hits(rows) / len(rows),
            **{name: summary.get(name)
               for name in facts},
            inputs=inputs,
            finished=time.strftime('%Y-%m-%d %H:%M:%S'),
            **describe_environment()))


def follow_parent() -> None:
    """Kill this process and its workers when the parent's pipe closes.

    The system closes it, however the parent ends.
    """

    def wait() -> None:
        while os.read(0, 1):
            pass
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def main() -> None:
    """Train the run that the command line of :class:`RunPool` names."""
    parser = argparse.ArgumentParser(description='Train one run of a study')
    parser.add_argument('out')
    parser.add_argument('--seed', type=int, required=True)
    parser.add_argument('--fold', type=int, required=True)
    parser.add_argument('--nested', action='store_true')
    parser.add_argument('--config-sha256')
    args = parser.parse_args()
    follow_parent()
    with report_user_errors():
        train_run(
            StudyFolder(args.out, vouched=args.config_sha256),
            RunKey(args.seed, args.fold, args.nested))


if __name__ == '__main__':
    main()

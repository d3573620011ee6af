"""Identify the weights and the generated sets that a run uses."""
import os.path as osp
from typing import Dict

from mmengine.config import Config

from ...datasets.generated.provenance import PROVENANCE_NAME
from ...engine.config.held_out_guard import is_generated
from ...utils.config.config_tree import config_leaves
from ...utils.contained_files import file_sha256
from ...utils.wrapped_datasets import leaf_datasets
from .config_identity import settings

WEIGHTS = ('.pth', '.pt', '.onnx', '.safetensors')


def describe_inputs(cfg: Config) -> Dict[str, str]:
    """Compute checksums of the weights and generated sets of a config.

    Args:
        cfg (Config): The config of a run.

    Returns:
        dict: By name as in the config, the hexadecimal SHA-256 of the file,
        or of the provenance of a generated set, which has the checksums of
        its images. Missing files are left out.
    """
    files = {
        value: value
        for value in config_leaves(settings(cfg)).values()
        if isinstance(value, str) and value.endswith(WEIGHTS)
    }
    for leaf in leaf_datasets(cfg.train_dataloader.dataset):
        if is_generated(leaf.get('type')):
            files[leaf['data_root']] = osp.join(leaf['data_root'],
                                                PROVENANCE_NAME)
    found = {name: file_sha256(path) for name, path in files.items()}
    return {name: digest for name, digest in found.items() if digest}

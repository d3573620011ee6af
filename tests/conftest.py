"""Fixtures of all tests."""
import os.path as osp
import sys
from typing import Dict, Iterator

import pytest
import torch

# pytest's importlib mode adds no folder to the path.
sys.path.insert(0, osp.dirname(osp.abspath(__file__)))


@pytest.fixture(autouse=True)
def clean_run() -> Iterator[None]:
    """Give each test one thread, a fixed seed and no earlier run's globals."""
    from toy_runs import forget_runs
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    forget_runs()
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


@pytest.fixture(scope='session', autouse=True)
def format_configs_once() -> Iterator[None]:
    """Keep the formatted texts of configs, half of the time of a short run.

    MMEngine formats the same config by yapf six times a run.
    """
    from mmengine.config import config
    from yapf.yapflib import yapf_api
    format_code, texts = yapf_api.FormatCode, {}

    def format_once(text, **kwargs):
        if text not in texts:
            texts[text] = format_code(text, **kwargs)
        return texts[text]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yapf_api, 'FormatCode', format_once)
        # The original stack has imported it by then.
        patch.setattr(config, 'FormatCode', format_once, raising=False)
        yield


@pytest.fixture
def work_dir(tmp_path) -> str:
    """An empty work directory, as a string as configs want it."""
    path = tmp_path / 'work_dir'
    path.mkdir()
    return str(path)


@pytest.fixture
def toy_config(tmp_path) -> str:
    """Config file of a short run."""
    from toy_runs import TOY_CONFIG
    path = tmp_path / 'toy.py'
    path.write_text(TOY_CONFIG)
    return str(path)


@pytest.fixture(scope='session')
def few_ckplus48(tmp_path_factory) -> str:
    """A rendered CK+48 tree of some subjects who show all expressions."""
    from rendered_trees import (CKPLUS_SUBJECTS, CLASS_SEQUENCES,
                                ckplus_sequences, render_ckplus48)
    shown = ckplus_sequences()
    subjects = {
        next(s for s in CKPLUS_SUBJECTS if name in shown[s])
        for name in CLASS_SEQUENCES
    } | set(CKPLUS_SUBJECTS[:12])
    return render_ckplus48(
        str(tmp_path_factory.mktemp('ckplus48')), sorted(subjects))


@pytest.fixture(scope='session')
def rendered_roots(tmp_path_factory, few_ckplus48) -> Dict[str, str]:
    """Small trees in the official layouts, by dataset class."""
    from generated_sets import write_generated_set
    from official_trees import (BU_SUBJECTS, OULU_SUBJECTS, relabel_ckplus48,
                                render_bu4dfe, render_oulu)
    from rendered_mmi import mmi_clips, render_mmi
    from rendered_trees import render_neutral_frames
    from wild_trees import render_ferplus, render_taiwan
    root = tmp_path_factory.mktemp('official')
    peak = (-3, -2, -1)
    # Subjects who show every expression, ten of them and more.
    clips = [clip for clip in mmi_clips() if clip.subject < 'S042']
    render_neutral_frames(str(root / 'neutral'), few_ckplus48)
    return dict(
        CKPlus48=few_ckplus48,
        ExpressionFolder=few_ckplus48,
        CKPlus=relabel_ckplus48(few_ckplus48, str(root / 'ckplus')),
        OuluCASIA=render_oulu(
            str(root / 'oulu'), OULU_SUBJECTS[:10], faces=peak, face=110),
        FERPlus=render_ferplus(str(root / 'ferplus')),
        CKPlusNeutral=few_ckplus48,
        neutral=str(root / 'neutral'),
        TaiwaneseFaces=render_taiwan(
            str(root / 'taiwan'), dict.fromkeys('abcdefg', 20), 10,
            same=False),
        MMI=render_mmi(str(root / 'mmi'), clips),
        BU4DFE=render_bu4dfe(
            str(root / 'bu4dfe'), BU_SUBJECTS[:10], faces=(5, 6, 7), face=110),
        GeneratedFaces=write_generated_set(
            str(root / 'synthesized'), few_ckplus48))


@pytest.fixture(scope='session')
def exported(tmp_path_factory) -> str:
    """Folder of an exported network that reads and edits, not to change."""
    from exported_models import tiny_source

    from mmfermtl.export import export_onnx
    out = str(tmp_path_factory.mktemp('exported') / 'tiny')
    export_onnx(tiny_source(), out)
    return out


@pytest.fixture
def no_new_figures():
    """No figure of pyplot stays open; other tests may have left some."""
    from matplotlib import pyplot
    before = pyplot.get_fignums()
    yield
    assert pyplot.get_fignums() == before

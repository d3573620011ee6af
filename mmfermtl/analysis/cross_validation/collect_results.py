"""Turn the complete runs of a study into its results."""
import os.path as osp
from typing import Any, Dict, List, Sequence

from ...engine.launch import uses_amp
from ...utils.json_documents import write_json
from ...visualization.confusion_matrix import draw_confusion_matrix
from .epoch_predictions import read_classes
from .pooled_predictions import SELECTIONS, PooledPredictions, pool_predictions
from .pooled_scores import score_predictions
from .report import write_card
from .run_key import RunKey
from .sample_subsets import doubtful_sequences, keep_samples, list_subsets
from .study_folder import StudyFolder

RESULTS = 'results.json'
PREDICTIONS = 'predictions.json'
#: Draws of the bootstrap.
DRAWS = 10000
#: Facts of a run that are kept in the results.
RUN_FACTS = ('seed', 'fold', 'nested', 'epochs', 'accuracy', 'seconds',
             'peak_memory_mb', 'num_parameters', 'num_train', 'checkpoint',
             'inputs', 'leak', 'finished', 'code', 'versions', 'hardware')


def collect_results(study: StudyFolder,
                    done: Dict[RunKey, Dict[str, Any]],
                    nested: str,
                    development: Sequence[int] = (),
                    draws: int = DRAWS) -> Dict[str, Any]:
    """Score the complete runs and write all files of the study.

    These are ``results.json``, ``predictions.json``, ``card.md`` and
    ``confusion_<selection>.png``.

    Args:
        study (StudyFolder): The study.
        done (dict): What the complete runs left behind; at least one.
        nested (str): ``'no'``, ``'also'`` or ``'only'``. With the last, the
            test folds are not looked at.
        development (Sequence[int]): Folds that were looked at to choose the
            config; the others are scored by themselves too. Defaults to ().
        draws (int): Draws of the bootstrap. Defaults to 10000.

    Returns:
        dict: What ``results.json`` holds.

    Raises:
        UserError: If the runs do not fit together.
    """
    keys = sorted(done)
    classes = read_classes(
        study.run_dir(keys[0]), done[keys[0]]['epochs']['last'])
    scores: Dict[str, Any] = {}
    kept: Dict[str, PooledPredictions] = {}
    for name, selection in SELECTIONS.items():
        if nested == 'only' and selection.split == 'test':
            continue
        if any(key.nested == selection.nested for key in keys):
            pooled = pool_predictions(study, done, selection)
            scores[name] = dict(
                note=selection.note,
                **score_predictions(pooled, classes, draws),
                subsets={
                    subset:
                    score_predictions(
                        keep_samples(pooled, mask), classes, draws)
                    for subset, mask in list_subsets(pooled.samples,
                                                     development).items()
                },
                doubtful_sequences=doubtful_sequences(pooled.samples))
            if name != 'best_on_test':
                kept[name] = pooled
    folds = sorted({key.fold for key in keys})
    results = dict(
        **study.manifest,
        mixed_precision=study.manifest['amp'] or uses_amp(study.load_config()),
        classes=classes,
        folds=folds,
        development_folds=list(development),
        seeds=sorted({key.seed
                      for key in keys}),
        complete=len(folds) == study.manifest['num_folds'],
        bootstrap_draws=draws,
        selections=scores,
        runs=[{
            k: done[key].get(k)
            for k in RUN_FACTS
        } for key in keys])
    write_json(
        osp.join(study.path, PREDICTIONS),
        dict(
            config=study.manifest['config'],
            config_sha256=study.manifest['config_sha256'],
            classes=classes,
            selections={
                k: _plain_pool(v)
                for k, v in kept.items()
            }),
        indent=None)
    for name in scores:
        path = osp.join(study.path, f'confusion_{name}.png')
        title = f'{study.manifest["config"]}: {name}'
        draw_confusion_matrix(scores[name]['confusion'], classes, path, title)
    write_json(osp.join(study.path, RESULTS), results)
    write_card(results, osp.join(study.path, 'card.md'))
    return results


def _plain_pool(pooled: PooledPredictions) -> Dict[str, Any]:
    """Predictions as they are written."""
    seeds: List[Dict[str, Any]] = []
    for k, seed in enumerate(pooled.seeds):
        seeds.append(
            dict(
                seed=seed,
                pred_label=pooled.labels[k],
                scores=pooled.scores[k]))
    return dict(samples=pooled.samples, seeds=seeds)


def find_done(study: StudyFolder,
              keys: Sequence[RunKey]) -> Dict[RunKey, Dict[str, Any]]:
    """Find the runs that are complete.

    Args:
        study (StudyFolder): The study.
        keys (Sequence[RunKey]): Runs.

    Returns:
        dict: What those left behind, by run.
    """
    found = {key: study.read_done(key) for key in keys}
    return {key: done for key, done in found.items() if done is not None}

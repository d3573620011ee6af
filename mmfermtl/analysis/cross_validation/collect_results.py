"""Turn the complete runs of a study into its results."""
import logging
import os.path as osp
from typing import Any, Dict, Sequence

from mmengine.logging import print_log

from ...engine.launch import uses_amp
from ...utils.json_documents import write_json
from ...visualization.confusion_matrix import draw_confusion_matrix
from .augmented_test import is_tested
from .epoch_predictions import read_classes
from .intervals import DRAWS
from .pooled_predictions import (SELECTIONS, doubtful_sequences, list_subsets,
                                 pool_predictions)
from .pooled_scores import score_predictions
from .report import write_card
from .run_key import RunKey
from .study_folder import StudyFolder

RESULTS = 'results.json'
PREDICTIONS = 'predictions.json'
#: Facts of a run that are kept in the results.
RUN_FACTS = ('seed', 'fold', 'nested', 'epochs', 'accuracy', 'seconds',
             'peak_memory_mb', 'num_parameters', 'num_train', 'checkpoint',
             'inputs', 'leak', 'finished', 'code', 'versions', 'hardware')


def collect_results(study: StudyFolder, done: Dict[RunKey, Dict[str, Any]],
                    nested: str, development: Sequence[int]) -> Dict[str, Any]:
    """Score the complete runs, at least one, and write all files of the study.

    These are ``results.json``, whose content is returned,
    ``predictions.json``, ``card.md`` and ``confusion_<selection>.png``. The
    arguments are those of :func:`cross_validate`; if ``nested`` is
    ``'only'``, the predictions of the test folds are not read.
    """
    keys = sorted(done)
    classes = read_classes(
        study.run_dir(keys[0]), done[keys[0]]['epochs']['last'])
    scores: Dict[str, Any] = {}
    predictions: Dict[str, Any] = {}
    for name, selection in SELECTIONS.items():
        chosen = [key for key in keys if key.nested == selection.nested]
        if not chosen or nested == 'only' and selection.split == 'test':
            continue
        if name == 'tta' and not _all_tested(study, chosen):
            continue
        pooled = pool_predictions(study, done, selection)
        subsets = {
            subset: score_predictions(pooled.keep_samples(mask), classes)
            for subset, mask in list_subsets(pooled.samples,
                                             development).items()
        }
        number = len({key.fold for key in chosen})
        scores[name] = dict(
            note=selection.note,
            complete=number == study.manifest['num_folds'],
            **score_predictions(pooled, classes),
            subsets=subsets,
            doubtful_sequences=doubtful_sequences(pooled.samples))
        draw_confusion_matrix(scores[name]['confusion'], classes,
                              osp.join(study.path, f'confusion_{name}.png'),
                              f'{study.manifest["config"]}: {name}')
        if name != 'best_on_test':
            predictions[name] = dict(
                samples=pooled.samples,
                seeds=[
                    dict(seed=seed, pred_label=labels,
                         scores=values) for seed, labels, values in zip(
                             pooled.seeds, pooled.labels, pooled.scores)
                ])
    folds = sorted({key.fold for key in keys})
    results = dict(
        **study.manifest,
        mixed_precision=study.manifest['amp'] or uses_amp(study.load_config()),
        classes=classes,
        folds=folds,
        development_folds=list(development),
        seeds=sorted({key.seed
                      for key in keys}),
        complete=all(score['complete'] for score in scores.values()),
        bootstrap_draws=DRAWS,
        selections=scores,
        runs=[{
            fact: done[key].get(fact)
            for fact in RUN_FACTS
        } for key in keys])
    write_json(
        osp.join(study.path, PREDICTIONS),
        dict(
            config=study.manifest['config'],
            config_sha256=study.manifest['config_sha256'],
            classes=classes,
            selections=predictions),
        indent=None)
    write_json(osp.join(study.path, RESULTS), results)
    write_card(results, osp.join(study.path, 'card.md'))
    return results


def _all_tested(study: StudyFolder, keys: Sequence[RunKey]) -> bool:
    """Tell whether all runs were tested with test-time augmentation."""
    tested = [is_tested(study.run_dir(key)) for key in keys]
    if any(tested) and not all(tested):
        print_log(
            f'{study.path}: {sum(tested)} of {len(keys)} runs were tested '
            'with test-time augmentation, so that the results are without; '
            'test the others with --tta', 'current', logging.WARNING)
    return all(tested)

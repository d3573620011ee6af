"""Write the results of a cross-validation for people."""
from collections import Counter
from typing import Any, Callable, Dict, List, Sequence, Tuple

from ...utils.atomic_files import write_whole
from ...utils.progress import format_duration
from ...utils.safe_text import escape_markdown, markdown_table
from ...utils.text_table import format_table

Results = Dict[str, Any]
Score = Dict[str, Any]
#: Name and text of each line of the table of scores.
LINES: List[Tuple[str, Callable[[Score], str]]] = [
    ('pooled accuracy', lambda s: f'{s["pooled_accuracy"]:.2f}'),
    ('  subject bootstrap', lambda s: interval(s, 'subject_bootstrap')),
    ('  subjects and seeds', lambda s: interval(s, 'subjects_and_seeds')),
    ('  Wilson, images', lambda s: interval(s, 'wilson_images')),
    ('mean of folds accuracy',
     lambda s: spread(s['mean_of_folds_accuracy'], s['std_over_folds'])),
    ('UAR', lambda s: f'{s["uar"]:.2f}'),
    ('macro F1', lambda s: f'{s["macro_f1"]:.2f}'),
    ('sequence accuracy', lambda s: f'{s["sequence_accuracy"]:.2f}'),
    ('  Wilson, sequences', lambda s: interval(s, 'wilson_sequences')),
    ('folds', lambda s: str(len(s['folds']))),
    ('images', lambda s: str(s['num_images'])),
    ('sequences', lambda s: str(s['num_sequences'])),
    ('subjects', lambda s: str(s['num_subjects'])),
]


def interval(score: Score, name: str) -> str:
    """Write an interval of the accuracy."""
    bounds = score['intervals'].get(name)
    if bounds is None:
        return '-'
    if isinstance(bounds, dict):
        bounds = bounds['accuracy']
    return f'{bounds[0]:.2f} .. {bounds[1]:.2f}'


def spread(mean: float, deviation: Any) -> str:
    """Write a mean with its standard deviation."""
    return f'{mean:.2f}' + (''
                            if deviation is None else f' +- {deviation:.2f}')


def score_rows(results: Results) -> List[Sequence[str]]:
    """Rows of the table of scores, a column a selection."""
    scores = list(results['selections'].values())
    rows = [[name, *(write(score) for score in scores)]
            for name, write in LINES]
    if len(results['seeds']) > 1:
        rows.insert(1, [
            '  std over seeds', *('-' if s['std_over_seeds'] is None else
                                  f'{s["std_over_seeds"]:.2f}' for s in scores)
        ])
    return rows


def recall_rows(results: Results) -> List[Sequence[Any]]:
    """Rows of the table of recalls."""
    return [[
        name, *(_percent(score['recalls'][name])
                for score in results['selections'].values())
    ] for name in results['classes']]


def subset_rows(results: Results) -> List[Sequence[Any]]:
    """Rows of the table of parts of the samples, of the first selection."""
    score = next(iter(results['selections'].values()))
    return [(name, part['num_images'], f'{part["pooled_accuracy"]:.2f}',
             interval(part,
                      'subject_bootstrap'), interval(part,
                                                     'subjects_and_seeds'),
             f'{part["sequence_accuracy"]:.2f}')
            for name, part in score['subsets'].items()]


def describe_subsets(results: Results) -> str:
    """Say which folds and sequences the parts leave out."""
    score = next(iter(results['selections'].values()))
    parts = []
    if results['development_folds']:
        folds = ', '.join(map(str, results['development_folds']))
        parts.append(f'Development folds, which served to choose the config: '
                     f'{folds}.')
    if score['doubtful_sequences']:
        names = ', '.join(score['doubtful_sequences'])
        parts.append(f'Doubtful sequences, whose images contradict their '
                     f'label: {names}.')
    return ' '.join(parts)


def fold_rows(results: Results) -> List[Sequence[Any]]:
    """Rows of the table of folds: sizes, and accuracies."""
    scores = list(results['selections'].values())
    rows = []
    for fold in results['folds']:
        found = [
            next((f for f in s['folds'] if f['fold'] == fold), None)
            for s in scores
        ]
        sizes = next(f for f in found if f is not None)
        rows.append([
            str(fold), sizes['images'], sizes['subjects'],
            *('-' if f is None else f'{f["accuracy"]:.2f}' for f in found)
        ])
    return rows


def _percent(value: Any) -> str:
    # Only NaN differs from itself: nobody showed the class.
    return '-' if value is None or value != value else f'{value:.2f}'


def describe_protocol(results: Results) -> str:
    """Say in a sentence what was run."""
    whole = ('all' if results['complete'] else
             f'{len(results["folds"])} (NOT ALL) of')
    seeds = ', '.join(map(str, results['seeds']))
    leaks = sum(bool(run.get('leak')) for run in results['runs'])
    leak = (f'; LEAK: {leaks} runs were measured on what they had trained '
            'on (--allow-leak)') if leaks else ''
    return (f'{results["config"]}: {whole} {results["num_folds"]} folds, '
            f'seed(s) {seeds}{leak}')


def format_results(results: Results) -> str:
    """Write the results as text for a terminal.

    Args:
        results (dict): See :func:`collect_results`.

    Returns:
        str: Several tables.
    """
    names = list(results['selections'])
    parts = [
        describe_protocol(results),
        format_table(('percent', *names), score_rows(results)),
        *_subset_parts(results, format_table),
        format_table(('recall', *names), recall_rows(results)),
        format_table(('fold', 'images', 'subjects', *names),
                     fold_rows(results)),
        '\n'.join(f'{name}: {score["note"]}.'
                  for name, score in results['selections'].items())
    ]
    return '\n\n'.join(parts)


def write_card(results: Results, path: str) -> None:
    """Write the results as Markdown, with all that they depend on.

    Args:
        results (dict): See :func:`collect_results`.
        path (str): The file.
    """
    names = list(results['selections'])
    parts = [
        f'# Cross-validation of `{results["config"].replace("`", "?")}`',
        escape_markdown(describe_protocol(results)) +
        '. Intervals are of 95 %. Frames of a '
        'sequence are not independent, so that the Wilson interval over '
        'images is too narrow; the subject bootstrap '
        f'({results["bootstrap_draws"]} draws) draws whole subjects.',
        markdown_table(('percent', *names), score_rows(results)),
        '\n'.join(f'- `{name}`: {score["note"]}.'
                  for name, score in results['selections'].items()),
        *_subset_parts(results, markdown_table, '## Parts of the images'),
        '## Recall',
        markdown_table(('class', *names), recall_rows(results)), '## Folds',
        markdown_table(('fold', 'images', 'subjects', *names),
                       fold_rows(results)), '## What it depends on',
        markdown_table(('', ''), _facts(results)), '## Runs',
        markdown_table(('seed', 'fold', 'kind', 'epochs', 'chosen', 'accuracy',
                        'time', 'peak MiB'),
                       [_run_row(r) for r in results['runs']])
    ]
    write_whole(path, ('\n\n'.join(parts) + '\n').encode())


def _subset_parts(results: Results,
                  write: Callable[..., str],
                  title: str = '') -> List[str]:
    """Title, table and explanation of the parts, if there are any."""
    rows = subset_rows(results)
    if not rows:
        return []
    header = ('part', 'images', 'accuracy', 'subject bootstrap',
              'subjects and seeds', 'sequences')
    parts = [title, write(header, rows), describe_subsets(results)]
    return [part for part in parts if part]


def _facts(results: Results) -> List[Sequence[str]]:
    """Config, code, versions and hardware; several if runs differ."""
    runs = results['runs']
    facts = [('config', results['config']),
             ('config sha256', results['config_sha256']),
             ('mixed precision',
              'yes' if results['mixed_precision'] else 'no'),
             ('parameters', _values(runs, 'num_parameters'))]
    facts += _inputs(runs)
    facts += [(f'leak of fold {run["fold"]}, seed {run["seed"]}', run['leak'])
              for run in runs if run.get('leak')]
    for group, title in (('code', 'code '), ('versions', ''), ('hardware',
                                                               '')):
        keys = dict.fromkeys(key for run in runs for key in run[group])
        facts += [(title + key, _values([run[group] for run in runs], key))
                  for key in keys]
    total = sum(run['seconds'] for run in runs)
    return facts + [('training time of all runs', format_duration(total))]


def _inputs(runs: Sequence[Dict[str, Any]]) -> List[Sequence[str]]:
    """Files that the runs began with; each run may have its own."""
    found: Dict[str, set] = {}
    for run in runs:
        # Runs of older versions of this code did not write it.
        for name, digest in (run.get('inputs') or {}).items():
            found.setdefault(name, set()).add(digest)
    return [(f'begins with {name}', ', '.join(sorted(digests)))
            for name, digests in found.items()]


def _values(holders: Sequence[Dict[str, Any]], key: str) -> str:
    """The value of a key, or each one with its number of runs."""
    counts = Counter(str(holder.get(key) or 'none') for holder in holders)
    if len(counts) == 1:
        return next(iter(counts))
    return 'MIXED: ' + ', '.join(f'{value} ({count} runs)'
                                 for value, count in counts.items())


def _run_row(run: Dict[str, Any]) -> List[str]:
    chosen = {k: v for k, v in run['epochs'].items() if k != 'last'}
    return [
        run['seed'], run['fold'], 'nested' if run['nested'] else 'plain',
        run['epochs']['last'], ', '.join(f'{k} {v}'
                                         for k, v in chosen.items()),
        f'{run["accuracy"]:.2f}',
        format_duration(run['seconds']), f'{run["peak_memory_mb"] or 0:.0f}'
    ]

"""Write the results of a cross-validation, for a terminal and as Markdown."""
from collections import Counter
from typing import Any, Callable, Dict, Iterator, List, Sequence

from ...utils.atomic_files import write_whole
from ...utils.progress import format_duration
from ...utils.safe_text import escape_markdown, markdown_table
from ...utils.text_table import format_table

Results = Dict[str, Any]
Rows = List[Sequence[Any]]
#: Lines of the table of scores.
LINES = dict(
    pooled_accuracy='pooled accuracy',
    std_over_seeds='  std over seeds',
    subject_bootstrap='  subject bootstrap',
    subjects_and_seeds='  subjects and seeds',
    wilson_images='  Wilson, images',
    mean_of_folds_accuracy='mean of folds accuracy',
    uar='UAR',
    macro_f1='macro F1',
    sequence_accuracy='sequence accuracy',
    wilson_sequences='  Wilson, sequences',
    ensemble='ensemble of the seeds',
    folds='folds',
    num_images='images',
    num_sequences='sequences',
    num_subjects='subjects')
#: Lines of studies with several seeds.
OF_SEEDS = ('std_over_seeds', 'ensemble')
#: Columns of the table of subsets.
SUBSET_COLUMNS = dict(
    num_images='images',
    pooled_accuracy='accuracy',
    subject_bootstrap='subject bootstrap',
    subjects_and_seeds='subjects and seeds',
    sequence_accuracy='sequences')


def format_value(value: Any, style: str = '.2f') -> str:
    """Write a score, an interval or a count; ``-`` for None and NaN."""
    if value is None or value != value:
        return '-'
    if isinstance(value, (tuple, list)):
        return ' .. '.join(format(bound, style) for bound in value)
    return format(value, style) if isinstance(value, float) else str(value)


def _cell(score: Dict[str, Any], key: str) -> str:
    """Write a score of a selection, or the interval of its accuracy."""
    value = {**score, **score['intervals']}[key]
    deviation = score['std_over_folds']
    if key == 'ensemble' and value is not None:
        interval = format_value(value['subject_bootstrap'])
        return f'{value["accuracy"]:.2f} ({interval})'
    if isinstance(value, dict):
        value = value['accuracy']
    elif key == 'folds':
        value = len(value)
    elif key == 'mean_of_folds_accuracy' and deviation is not None:
        return f'{value:.2f} +- {deviation:.2f}'
    return format_value(value)


def _sections(results: Results, write: Callable[..., str],
              heading: str) -> Iterator[str]:
    """Yield the tables of scores with headings and explanations."""
    names, scores = zip(*results['selections'].items())
    rows: Rows = [(title, *(_cell(score, key) for score in scores))
                  for key, title in LINES.items()
                  if len(results['seeds']) > 1 or key not in OF_SEEDS]
    yield write(('percent', *names), rows)
    yield '\n'.join(f'- `{name}`: {score["note"]}.'
                    for name, score in results['selections'].items())
    reported = [name for name in ('last', 'tta') if name in names]
    subsets = [(f'{part}, {name}' if name == 'tta' else part, found)
               for name in reported or names[:1]
               for part, found in scores[names.index(name)]['subsets'].items()]
    if subsets:
        yield heading.format('Parts of the images')
        rows = [(name, *(_cell(part, key) for key in SUBSET_COLUMNS))
                for name, part in subsets]
        yield write(('part', *SUBSET_COLUMNS.values()), rows)
        yield _describe_subsets(results['development_folds'],
                                scores[0]['doubtful_sequences'])
    yield heading.format('Recall')
    rows = [(name, *(format_value(score['recalls'][name]) for score in scores))
            for name in results['classes']]
    yield write(('recall', *names), rows)
    yield heading.format('Folds')
    rows = []
    by_fold = [{f['fold']: f for f in score['folds']} for score in scores]
    for fold in results['folds']:
        found = [folds.get(fold) for folds in by_fold]
        sizes = next(filter(None, found))
        rows.append((str(fold), sizes['images'], sizes['subjects'],
                     *(format_value(f and f['accuracy']) for f in found)))
    yield write(('fold', 'images', 'subjects', *names), rows)


def _describe_subsets(development: Sequence[int],
                      doubtful: Sequence[str]) -> str:
    """Name the folds and sequences that the subsets leave out."""
    parts = []
    if development:
        folds = ', '.join(map(str, development))
        parts.append('Development folds, which the config was chosen on: '
                     f'{folds}.')
    if doubtful:
        parts.append('Doubtful sequences, whose images contradict their '
                     f'label: {", ".join(doubtful)}.')
    return ' '.join(parts)


def _describe_protocol(results: Results) -> str:
    number = results['num_folds']
    folds = {
        name:
        'all' if len(score['folds']) == number else
        f'{len(score["folds"])} (NOT ALL) of'
        for name, score in results['selections'].items()
    }
    # One text if it is that of all selections.
    texts = set(folds.values())
    whole = texts.pop() if len(texts) == 1 else ', '.join(
        f'{name} {text}' for name, text in folds.items())
    seeds = ', '.join(map(str, results['seeds']))
    leaks = sum(bool(run.get('leak')) for run in results['runs'])
    leak = (f'; LEAK: {leaks} runs were measured on what they had trained '
            'on (--allow-leak)') if leaks else ''
    return (f'{results["config"]}: {whole} {number} folds, '
            f'seed(s) {seeds}{leak}')


def format_results(results: Results) -> str:
    """Write the results of :func:`collect_results` for a terminal."""
    parts = [
        _describe_protocol(results), *_sections(results, format_table, '')
    ]
    return '\n\n'.join(filter(None, parts))


def write_card(results: Results, path: str) -> None:
    """Write the results and all that they depend on as Markdown."""
    parts = [
        f'# Cross-validation of `{results["config"].replace("`", "?")}`',
        escape_markdown(_describe_protocol(results)) +
        '. Intervals are of 95 %. Frames of a '
        'sequence are not independent, so that the Wilson interval over '
        'images is too narrow; the subject bootstrap '
        f'({results["bootstrap_draws"]} draws) draws whole subjects.',
        *_sections(results, markdown_table, '## {}'), '## What it depends on',
        markdown_table(('', ''), _facts(results)), '## Runs',
        markdown_table(('seed', 'fold', 'kind', 'epochs', 'chosen', 'accuracy',
                        'time', 'peak MiB'), map(_run_row, results['runs']))
    ]
    text = '\n\n'.join(filter(None, parts))
    write_whole(path, f'{text}\n'.encode())


def _facts(results: Results) -> Rows:
    """List config, inputs, leaks, code, versions and hardware."""
    runs = results['runs']
    facts = [('config', results['config']),
             ('config sha256', results['config_sha256']),
             ('mixed precision',
              'yes' if results['mixed_precision'] else 'no'),
             ('parameters', _values(runs, 'num_parameters')), *_inputs(runs)]
    facts += [(f'leak of fold {run["fold"]}, seed {run["seed"]}', run['leak'])
              for run in runs if run.get('leak')]
    for group in ('code', 'versions', 'hardware'):
        keys = dict.fromkeys(key for run in runs for key in run[group])
        facts += [('code ' * (group == 'code') + key,
                   _values([run[group] for run in runs], key)) for key in keys]
    total = sum(run['seconds'] for run in runs)
    return facts + [('training time of all runs', format_duration(total))]


def _inputs(runs: Sequence[Dict[str, Any]]) -> Rows:
    """List the files that runs were initialised from or trained on."""
    found: Dict[str, set] = {}
    for run in runs:
        # Runs of earlier versions do not have it.
        for name, digest in (run.get('inputs') or {}).items():
            found.setdefault(name, set()).add(digest)
    return [(f'input {name}', ', '.join(sorted(digests)))
            for name, digests in found.items()]


def _values(holders: Sequence[Dict[str, Any]], key: str) -> str:
    """Write the value of a key, or each value with its number of runs."""
    counts = Counter(str(holder.get(key) or 'none') for holder in holders)
    if len(counts) == 1:
        return next(iter(counts))
    return 'MIXED: ' + ', '.join(f'{value} ({count} runs)'
                                 for value, count in counts.items())


def _run_row(run: Dict[str, Any]) -> Sequence[Any]:
    chosen = ', '.join(f'{name} {epoch}'
                       for name, epoch in run['epochs'].items()
                       if name != 'last')
    return (run['seed'], run['fold'], 'nested' if run['nested'] else 'plain',
            run['epochs']['last'], chosen, f'{run["accuracy"]:.2f}',
            format_duration(run['seconds']),
            f'{run["peak_memory_mb"] or 0:.0f}')

from mmfermtl.engine.run_history import RunHistory


def test_history_starts_a_row_with_the_time_so_far():
    history = RunHistory('a.json', [dict(epoch=3, seconds=5.)])
    assert history.row(3)['seconds'] == 5
    assert history.row(4)['seconds'] == 5
    assert [row['epoch'] for row in history.rows] == [3, 4]

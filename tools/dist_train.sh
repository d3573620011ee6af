#!/usr/bin/env bash
# Train with several processes: dist_train.sh CONFIG GPUS [options of train.py]
# Without GPUs, as many CPU processes are started.
if [ $# -lt 2 ]; then
    echo "usage: $0 CONFIG GPUS [options of train.py]" >&2
    exit 2
fi
CONFIG=$1
GPUS=$2
NNODES=${NNODES:-1}
NODE_RANK=${NODE_RANK:-0}
PORT=${PORT:-29500}
MASTER_ADDR=${MASTER_ADDR:-"127.0.0.1"}
TOOLS=$(dirname "$0")
. "$TOOLS/setup/port.sh"
[ "$NODE_RANK" != 0 ] || check_port "$PORT" "$0" || exit 2

PYTHONPATH="$TOOLS/..":$PYTHONPATH \
python -m torch.distributed.run \
    --nnodes="$NNODES" \
    --node_rank="$NODE_RANK" \
    --master_addr="$MASTER_ADDR" \
    --nproc_per_node="$GPUS" \
    --master_port="$PORT" \
    "$TOOLS/train.py" \
    "$CONFIG" \
    --launcher pytorch "${@:3}"
code=$?
if [ $code -ne 0 ]; then
    echo "ERROR: the training ended early (exit code $code); the first of the" \
        "messages above that names a rank says why. To go on from the last" \
        "checkpoint, give the same command with --resume" >&2
fi
exit $code

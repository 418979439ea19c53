"""What TensorBoard shows of a folder of runs, as JSON: its own reader and its own plugins' data."""

import json
import sys

from tensorboard.backend.event_processing import plugin_event_multiplexer
from tensorboard.plugins.hparams import metadata as hparams
from tensorboard.util import tensor_util

multiplexer = plugin_event_multiplexer.EventMultiplexer(
    tensor_size_guidance={"scalars": 0, "text": 0}
)
multiplexer.AddRunsFromDirectory(sys.argv[1])
multiplexer.Reload()

shown = {}
for run in multiplexer.Runs():
    accumulator = multiplexer.GetAccumulator(run)
    tags = accumulator.Tags()["tensors"]
    scalars, texts, ended = {}, {}, None
    for tag in tags:
        plugin = accumulator.SummaryMetadata(tag).plugin_data
        if plugin.plugin_name == "scalars":
            scalars[tag] = [
                [event.step, float(tensor_util.make_ndarray(event.tensor_proto))]
                for event in accumulator.Tensors(tag)
            ]
        elif plugin.plugin_name == "text":
            texts[tag] = [
                [event.step, tensor_util.make_ndarray(event.tensor_proto)[0].decode()]
                for event in accumulator.Tensors(tag)
            ]
        elif tag == hparams.SESSION_END_INFO_TAG:
            ended = hparams.parse_session_end_info_plugin_data(plugin.content).status
    started = None
    if hparams.SESSION_START_INFO_TAG in tags:
        content = accumulator.SummaryMetadata(hparams.SESSION_START_INFO_TAG).plugin_data.content
        info = hparams.parse_session_start_info_plugin_data(content)
        started = {
            name: getattr(value, value.WhichOneof("kind")) for name, value in info.hparams.items()
        }
    shown[run] = {"scalars": scalars, "texts": texts, "hparams": started, "ended": ended}
print(json.dumps(shown))

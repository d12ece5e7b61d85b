"""Running networks: devices, sessions, weights. The only home of ONNX Runtime."""

import os

# Official builds report their use to Microsoft, under an identifier kept in the user's cache folder, unless this stands in the
# environment before they are imported. Recordings of people are processed here: nothing leaves the machine.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # noqa: TID251  told to ONNX Runtime, no setting of ours

"""Tries keys with tritonclient.grpc and with bare metadata, and prints what became of each try."""

import json
import os

import grpc as wire
import tritonclient.grpc as grpc
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

KEYS = {**json.loads(os.environ["KEYS"]), "wrong": "wrong", "missing": None}
ADDRESSES = {"inference": os.environ["GRPC_INFERENCE"], "management": os.environ["GRPC_MANAGEMENT"]}


def with_client(address, headers):
    client = grpc.InferenceServerClient(ADDRESSES[address])
    ask = client.get_server_metadata if address == "inference" else client.get_model_repository_index
    try:
        ask(headers=headers)
        return "OK"
    except InferenceServerException as error:
        return error.status().removeprefix("StatusCode.")


def with_metadata(address, headers):
    with wire.insecure_channel(ADDRESSES[address]) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        name = "ModelMetadata" if address == "inference" else "RepositoryIndex"
        fields = {"name": "echo"} if address == "inference" else {}
        try:
            getattr(stub, name)(getattr(service_pb2, f"{name}Request")(**fields), metadata=[*headers.items()], timeout=60)
            return "OK"
        except wire.RpcError as error:
            return error.code().name


def tried(address, key):
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    answers = {with_client(address, headers), with_metadata(address, headers)}
    assert len(answers) == 1, answers
    return answers.pop()


assert grpc.InferenceServerClient(ADDRESSES["inference"]).is_server_live()
print(json.dumps({address: {name: tried(address, key) for name, key in KEYS.items()} for address in ADDRESSES}))

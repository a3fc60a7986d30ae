#!/usr/bin/env python3
"""OpenAI's own Python client against a running stack: python3 tests/clients/openai_client.py [DATA_FOLDER]
Needs `pip install openai`."""

import json
import math
import pathlib
import sys

import openai

QUESTION = "How often must the shaft seal of the P-40 be replaced?"
stack = json.loads((pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".local") / "stack.json").read_text())
client = openai.OpenAI(base_url=f"{stack['gateway']}/v1", api_key=stack["api_key"], max_retries=0)

models = client.models.list().data
assert stack["chatbot_id"] in [model.id for model in models], models
assert client.models.retrieve(stack["chatbot_id"]).object == "model"

asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}]
answer = client.chat.completions.create(model=stack["chatbot_id"], messages=asked, temperature=0.3, max_tokens=200, user="somebody")
message = answer.choices[0].message
assert "8,000 operating hours" in message.content, message
assert answer.object == "chat.completion" and answer.choices[0].finish_reason == "stop" and answer.usage.total_tokens > 0, answer
mark = message.annotations[0].url_citation
assert message.content[mark.start_index:mark.end_index] == "[1]" and mark.title, message
print("answered:", message.content)

ids, text, roles, finishes, usage = set(), "", [], [], None
stream = client.chat.completions.create(
    model=stack["chatbot_id"], messages=asked, stream=True, stream_options={"include_usage": True})
for chunk in stream:
    ids.add(chunk.id)
    usage = chunk.usage or usage
    for choice in chunk.choices:
        roles += [choice.delta.role] if choice.delta.role else []
        finishes += [choice.finish_reason] if choice.finish_reason else []
        text += choice.delta.content or ""
assert len(ids) == 1 and roles == ["assistant"] and finishes == ["stop"] and usage.total_tokens > 0, (ids, roles, finishes, usage)
assert text == message.content, (text, message.content)
with client.chat.completions.stream(model=stack["chatbot_id"], messages=asked) as helped:
    final = helped.get_final_completion()
assert final.choices[0].message.content == text and final.choices[0].finish_reason == "stop", final
assert final.model_extra is not None and answer.docent["confidence"] > 0 and not answer.docent["abstained"], answer
print("streamed the same")

# A session goes on where the caller names it.
going_on = client.chat.completions.create(
    model="assistant", messages=asked, metadata={"session_id": answer.docent["session_id"]})
assert going_on.docent["session_id"] == answer.docent["session_id"], going_on

# The client keeps the conversation; the bot is found by its name as well.
follow = client.chat.completions.create(
    model="Assistant", messages=[*asked, {"role": "assistant", "content": message.content}, {"role": "user", "content": [{"type": "text", "text": "How long does delivery to Spain take?"}]}])
assert follow.choices[0].message.content, follow

vectors = client.embeddings.create(model=models[-1].id, input=["a pump", "a pump", "a contract of delivery"])
floats = client.embeddings.create(model=models[-1].id, input="a pump", encoding_format="float")
first, second, third = (item.embedding for item in vectors.data)
cosine = lambda a, b: sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))
assert cosine(first, second) > 0.999 > cosine(first, third) and cosine(first, floats.data[0].embedding) > 0.999
assert client.embeddings.create(model="default", input="a pump").data[0].embedding == first
print("embedded:", len(first), "dimensions")


def refused(kind, **call):
    try:
        client.chat.completions.create(**call)
    except kind as error:
        assert error.body["message"] and error.body["type"], error.body
        return error
    raise AssertionError(f"not refused: {call}")


refused(openai.NotFoundError, model="none-such", messages=asked)
refused(openai.BadRequestError, model=stack["chatbot_id"], messages=[{"role": "user", "content": "a" * 2001}])
refused(openai.BadRequestError, model=stack["chatbot_id"], messages=asked, n=2)
client.api_key = "sk-wrong"
refused(openai.AuthenticationError, model=stack["chatbot_id"], messages=asked)
print("OpenAI's Python client: all well")

#!/usr/bin/env python3
"""The official client of the Model Context Protocol against a running stack: python3 tests/clients/mcp_client.py [DATA_FOLDER]
Needs `pip install mcp`."""

import asyncio
import json
import pathlib
import sys

import httpx2 as httpx
from mcp import Client, ClientSession
from mcp.client.streamable_http import streamable_http_client

stack = json.loads((pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".local") / "stack.json").read_text())
URL, KEY = f"{stack['gateway']}/mcp", {"Authorization": f"Bearer {stack['api_key']}"}


async def old_way():
    """With the handshake, as clients up to revision 2025-11-25 do."""
    async with httpx.AsyncClient(headers=KEY, timeout=60) as http:
        async with streamable_http_client(URL, http_client=http) as streams:
            async with ClientSession(streams[0], streams[1]) as session:
                begun = await session.initialize()
                info = getattr(begun, "serverInfo", None) or begun.server_info
                assert info.name == "docent", begun
                tools = {tool.name for tool in (await session.list_tools()).tools}
                assert tools == {"search", "ask"}, tools
                found = await session.call_tool("search", {"query": "shaft seal of the P-40", "k": 3})
                structured = getattr(found, "structuredContent", None) or found.structured_content
                assert 1 <= len(structured["items"]) <= 3, found
                answer = await session.call_tool("ask", {"question": "How often must the shaft seal of the P-40 be replaced?", "chatbot": stack["chatbot_id"]})
                structured = getattr(answer, "structuredContent", None) or answer.structured_content
                assert "8,000 operating hours" in structured["answer"] and structured["citations"], answer
                assert not structured["abstained"]
                wrong = await session.call_tool("ask", {"question": "x", "chatbot": "none-such"})
                assert getattr(wrong, "isError", None) or wrong.is_error, wrong
                print("with a handshake:", structured["answer"])


async def its_own_way(mode):
    """As the client itself chooses (auto), or at the newest revision."""
    async with httpx.AsyncClient(headers=KEY, timeout=60) as http:
        async with Client(streamable_http_client(URL, http_client=http), mode=mode) as client:
            assert {tool.name for tool in (await client.list_tools()).tools} == {"search", "ask"}
            found = await client.call_tool("search", {"query": "shaft seal of the P-40", "k": 2})
            assert 1 <= len(found.structured_content["items"]) <= 2, found
            answer = await client.call_tool("ask", {"question": "How often must the shaft seal of the P-40 be replaced?", "chatbot": stack["chatbot_id"]})
            assert not answer.is_error and "8,000 operating hours" in answer.structured_content["answer"], answer
            print(f"with the client's mode {mode}:", client.protocol_version)
            assert client.protocol_version == "2026-07-28"


def stateless(method, params, name=None, **headers):
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"}}
    sent = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method, "Accept": "application/json, text/event-stream", **KEY}
    sent |= {"Mcp-Name": name} if name else {}
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
    return httpx.post(URL, json=body, headers=sent | headers, timeout=60)


def new_way():
    """Each request alone, as revision 2026-07-28 has it."""
    discovered = stateless("server/discover", {}).json()["result"]
    assert "2026-07-28" in discovered["supportedVersions"], discovered
    tools = stateless("tools/list", {}).json()["result"]
    assert {tool["name"] for tool in tools["tools"]} == {"search", "ask"} and tools["resultType"] == "complete", tools
    called = stateless("tools/call", {"name": "search", "arguments": {"query": "shaft seal"}}, "search").json()["result"]
    assert called["structuredContent"]["items"] and called["content"][0]["type"] == "text", called
    # Headers that say something else than the body are refused.
    assert stateless("tools/list", {}, **{"Mcp-Method": "tools/call"}).status_code == 400
    assert stateless("tools/list", {}, **{"Authorization": "Bearer none"}).status_code == 401
    assert stateless("tools/list", {}, **{"Origin": "https://evil.example"}).status_code == 403
    assert httpx.get(URL, headers=KEY).status_code == 405
    assert httpx.delete(URL, headers=KEY).status_code == 405
    print("each request alone: well")


asyncio.run(old_way())
for mode in ("auto", "2026-07-28"):
    asyncio.run(its_own_way(mode))
new_way()
print("MCP's Python client: all well")

"""The five calls of calls.mjs through a Python instrumentation: record.py KIND URL NAME."""

import sys

from openai import OpenAI
from opentelemetry._logs import set_logger_provider
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import set_tracer_provider

# Stack traces would hold paths of this machine.
sys.tracebacklimit = 0
KIND, URL, NAME = sys.argv[1:4]
SYSTEM = "You are a terse geographer."
QUESTION = "What is the capital of France?"
MESSAGES = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": QUESTION}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}]

resource = Resource.create(
    {"service.name": "recorder", "service.version": "8f3c", "deployment.environment.name": "prod"}
)
tracing = TracerProvider(resource=resource)
tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{URL}/{NAME}/v1/traces"), schedule_delay_millis=60000))
logging = LoggerProvider(resource=resource)
logging.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(endpoint=f"{URL}/{NAME}/v1/logs"), schedule_delay_millis=60000))
set_tracer_provider(tracing)
set_logger_provider(logging)

WEATHER = [{"role": "user", "content": "What is the weather in Paris?"}]


def with_openai():
    if KIND == "traceloop":
        from opentelemetry.instrumentation.openai import OpenAIInstrumentor
    else:
        from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
    OpenAIInstrumentor().instrument(tracer_provider=tracing, logger_provider=logging)
    client = OpenAI(base_url=f"{URL}/v1", api_key="x", max_retries=0)
    create = client.chat.completions.create
    create(model="gpt-4o-mini", messages=MESSAGES, temperature=0.5, max_tokens=64)
    create(model="gpt-4o-mini", messages=WEATHER, tools=TOOLS)
    for _ in create(
        model="gpt-4o-mini", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    ):
        pass
    client.embeddings.create(model="text-embedding-3-small", input="A text to embed.")
    try:
        create(model="busy", messages=MESSAGES)
    except Exception:
        pass


def with_litellm():
    import time

    import litellm

    litellm.callbacks = ["otel"]
    to = {"api_base": f"{URL}/v1", "api_key": "x", "max_retries": 0, "num_retries": 0}
    caller = {"user": "u-4", "metadata": {"session_id": "s-81"}}
    litellm.completion(model="openai/gpt-4o-mini", messages=MESSAGES, temperature=0.5, max_tokens=64, **caller, **to)
    litellm.completion(model="openai/gpt-4o-mini", messages=WEATHER, tools=TOOLS, **to)
    for _ in litellm.completion(
        model="openai/gpt-4o-mini", messages=MESSAGES, stream=True, stream_options={"include_usage": True}, **to
    ):
        pass
    litellm.embedding(model="openai/text-embedding-3-small", input=["A text to embed."], **to)
    try:
        litellm.completion(model="openai/busy", messages=MESSAGES, **to)
    except Exception:
        pass
    # Its callbacks run in threads of their own.
    time.sleep(3)


def with_langchain():
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_openai import ChatOpenAI
    from openinference.instrumentation.langchain import LangChainInstrumentor

    LangChainInstrumentor().instrument(tracer_provider=tracing)
    to = {"base_url": f"{URL}/v1", "api_key": "x", "max_retries": 0}
    model = ChatOpenAI(model="gpt-4o-mini", stream_usage=True, **to)
    chain = ChatPromptTemplate.from_messages([("system", SYSTEM), ("human", "{question}")]) | model
    caller = {"metadata": {"session_id": "s-81", "user_id": "u-4", "tier": "free"}}
    chain.invoke({"question": QUESTION}, config=caller)
    model.bind_tools(TOOLS).invoke(WEATHER)
    for _ in chain.stream({"question": QUESTION}):
        pass
    try:
        ChatOpenAI(model="busy", **to).invoke(MESSAGES)
    except Exception:
        pass


{"litellm": with_litellm, "langchain": with_langchain}.get(KIND, with_openai)()
tracing.force_flush()
logging.force_flush()

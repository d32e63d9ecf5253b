"""Rerank clients of Python, each as its users call it: (server, query, documents, top_n) -> [(index, score)], best first.

Packages are imported when a client runs, so those that are not installed are left out.
"""

from dataclasses import dataclass
from typing import Callable, Optional

Rows = list[tuple[int, float]]


@dataclass(frozen=True)
class Server:
    url: str
    """Namespace included; no slash at its end."""
    token: str


@dataclass(frozen=True)
class Client:
    name: str
    package: str
    """What has to be importable."""
    rerank: Callable[[Server, str, list[str], Optional[int]], Rows]
    refusal: Optional[str] = "token"
    """Part of what it says when the token is wrong; None where it swallows that."""
    logits: bool = False
    """Whether its API has the model's own scores, not 0…1."""


def cohere_v1(server, query, documents, top_n):
    import cohere

    client = cohere.Client(api_key=server.token, base_url=server.url)
    answer = client.rerank(model="rerank-v3.5", query=query, documents=documents, top_n=top_n, return_documents=True)
    assert [row.document.text for row in answer.results] == [documents[row.index] for row in answer.results]
    return [(row.index, row.relevance_score) for row in answer.results]


def cohere_v2(server, query, documents, top_n):
    import cohere

    client = cohere.ClientV2(api_key=server.token, base_url=server.url)
    answer = client.rerank(model="rerank-v3.5", query=query, documents=documents, top_n=top_n)
    return [(row.index, row.relevance_score) for row in answer.results]


def voyage(server, query, documents, top_n):
    import voyageai

    client = voyageai.Client(api_key=server.token, base_url=f"{server.url}/v1")
    answer = client.rerank(query, documents, model="rerank-2.5", top_k=top_n)
    assert answer.total_tokens > 0
    return [(row.index, row.relevance_score) for row in answer.results]


def litellm_with(model, path=""):
    def rerank(server, query, documents, top_n):
        import litellm

        answer = litellm.rerank(
            model=model, api_base=server.url + path, api_key=server.token, query=query, documents=documents, top_n=top_n
        )
        return [(row["index"], row["relevance_score"]) for row in answer.results]

    return rerank


def litellm_deepinfra(server, query, documents, top_n):
    """DeepInfra's scores come in the order of the documents, and LiteLLM leaves them so."""
    rows = litellm_with("deepinfra/Qwen/Qwen3-Reranker-0.6B", "/v1/inference")(server, query, documents, top_n)
    return sorted(rows, key=lambda row: -row[1])[:top_n]


def langchain_cohere(server, query, documents, top_n):
    from langchain_cohere import CohereRerank
    from langchain_core.documents import Document

    compressor = CohereRerank(
        model="rerank-v3.5", cohere_api_key=server.token, base_url=server.url, top_n=top_n or len(documents)
    )
    return langchain_rows(compressor, query, documents, Document)


def langchain_jina(server, query, documents, top_n):
    from langchain_community.document_compressors import jina_rerank
    from langchain_core.documents import Document

    # Its address is fixed.
    jina_rerank.JINA_API_URL = f"{server.url}/v1/rerank"
    compressor = jina_rerank.JinaRerank(jina_api_key=server.token, top_n=top_n)
    return langchain_rows(compressor, query, documents, Document)


def langchain_infinity(server, query, documents, top_n):
    from infinity_client import AuthenticatedClient
    from langchain_community.document_compressors.infinity_rerank import InfinityRerank
    from langchain_core.documents import Document

    # The field takes the client without a token alone.
    client = AuthenticatedClient(base_url=server.url, token=server.token)
    compressor = InfinityRerank.model_construct(client=client, model="bge-reranker-base", top_n=top_n or len(documents))
    return langchain_rows(compressor, query, documents, Document)


def langchain_rows(compressor, query, documents, document_class):
    before = [document_class(page_content=text, metadata={"index": i}) for i, text in enumerate(documents)]
    after = compressor.compress_documents(before, query)
    return [(document.metadata["index"], document.metadata["relevance_score"]) for document in after]


def llama_index_cohere(server, query, documents, top_n):
    from llama_index.postprocessor.cohere_rerank import CohereRerank

    return llama_index_rows(
        CohereRerank(api_key=server.token, base_url=server.url, top_n=top_n or len(documents)), query, documents
    )


def llama_index_jina(server, query, documents, top_n):
    from llama_index.postprocessor.jinaai_rerank import JinaRerank

    return llama_index_rows(
        JinaRerank(api_key=server.token, base_url=f"{server.url}/v1", top_n=top_n or len(documents)), query, documents
    )


def llama_index_rows(postprocessor, query, documents):
    from llama_index.core.schema import NodeWithScore, TextNode

    nodes = [NodeWithScore(node=TextNode(text=text, id_=str(i)), score=0.0) for i, text in enumerate(documents)]
    return [(int(row.node.node_id), row.score) for row in postprocessor.postprocess_nodes(nodes, query_str=query)]


def haystack_cohere(server, query, documents, top_n):
    from haystack.utils import Secret
    from haystack_integrations.components.rankers.cohere import CohereRanker

    ranker = CohereRanker(api_key=Secret.from_token(server.token), api_base_url=server.url)
    return haystack_rows(ranker, query, documents, top_n)


def haystack_jina(server, query, documents, top_n):
    from haystack.utils import Secret
    from haystack_integrations.components.rankers.jina import JinaRanker

    ranker = JinaRanker(api_key=Secret.from_token(server.token), base_url=f"{server.url}/v1/rerank")
    return haystack_rows(ranker, query, documents, top_n)


def haystack_rows(ranker, query, documents, top_n):
    from haystack import Document

    before = [Document(id=str(i), content=text) for i, text in enumerate(documents)]
    after = ranker.run(query=query, documents=before, top_k=top_n or len(documents))["documents"]
    return [(int(document.id), document.score) for document in after]


def aws_client(server, service):
    """Its signature (SigV4) is no token and takes the place of one: the token goes in a header of its own."""
    import boto3

    client = boto3.client(
        service,
        region_name="us-west-2",
        endpoint_url=server.url,
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )
    client.meta.events.register("before-sign.*.*", lambda request, **_: request.headers.add_header("x-api-key", server.token))
    return client


def bedrock_rerank(server, query, documents, top_n):
    source = lambda text: {"type": "TEXT", "textDocument": {"text": text}}
    model = {"modelArn": "arn:aws:bedrock:us-west-2::foundation-model/cohere.rerank-v3-5:0"}
    answer = aws_client(server, "bedrock-agent-runtime").rerank(
        queries=[{"type": "TEXT", "textQuery": {"text": query}}],
        sources=[{"type": "INLINE", "inlineDocumentSource": source(text)} for text in documents],
        rerankingConfiguration={
            "type": "BEDROCK_RERANKING_MODEL",
            "bedrockRerankingConfiguration": {
                "numberOfResults": top_n or len(documents),
                "modelConfiguration": model,
            },
        },
    )
    return [(row["index"], row["relevanceScore"]) for row in answer["results"]]


def bedrock_invoke(server, query, documents, top_n):
    import json

    body = {"api_version": 2, "query": query, "documents": documents, "top_n": top_n or len(documents)}
    answer = aws_client(server, "bedrock-runtime").invoke_model(
        modelId="cohere.rerank-v3-5:0", body=json.dumps(body)
    )
    return [(row["index"], row["relevance_score"]) for row in json.load(answer["body"])["results"]]


def infinity(server, query, documents, top_n):
    from infinity_client import AuthenticatedClient
    from infinity_client.api.default import health, models, rerank
    from infinity_client.models import RerankInput

    with AuthenticatedClient(base_url=server.url, token=server.token) as client:
        wish = RerankInput(query=query, documents=documents, return_documents=True)
        if top_n is not None:
            wish.top_n = top_n
        answer = rerank.sync_detailed(client=client, body=wish)
        if answer.status_code != 200:
            raise RuntimeError(answer.content.decode())
        assert health.sync(client=client)["unix"] > 0
        assert models.sync(client=client).data
    rows = answer.parsed.results
    assert [row.document for row in rows] == [documents[row.index] for row in rows]
    return [(row.index, row.relevance_score) for row in rows]


def xinference(server, query, documents, top_n):
    from xinference_client import RESTfulClient

    model = RESTfulClient(server.url, api_key=server.token).get_model("bge-reranker-base")
    answer = model.rerank(documents=documents, query=query, top_n=top_n, return_documents=True)
    assert [row["document"]["text"] for row in answer["results"]] == [documents[row["index"]] for row in answer["results"]]
    return [(row["index"], row["relevance_score"]) for row in answer["results"]]


CLIENTS = [
    Client("cohere, v1", "cohere", cohere_v1),
    Client("cohere, v2", "cohere", cohere_v2),
    Client("voyageai", "voyageai", voyage),
    Client("litellm, cohere", "litellm", litellm_with("cohere/rerank-v3.5")),
    Client("litellm, jina_ai", "litellm", litellm_with("jina_ai/jina-reranker-v2")),
    Client("litellm, voyage", "litellm", litellm_with("voyage/rerank-2.5", "/v1")),
    Client("litellm, together_ai", "litellm", litellm_with("together_ai/Salesforce/Llama-Rank-v1", "/v1/rerank")),
    Client("litellm, infinity", "litellm", litellm_with("infinity/bge-reranker-base")),
    Client("litellm, hosted_vllm", "litellm", litellm_with("hosted_vllm/bge-reranker-base")),
    Client("litellm, huggingface", "litellm", litellm_with("huggingface/bge-reranker-base")),
    Client("litellm, deepinfra", "litellm", litellm_deepinfra),
    Client("litellm, nvidia_nim", "litellm", litellm_with("nvidia_nim/nvidia/rerankqa"), logits=True),
    Client("langchain-cohere", "langchain_cohere", langchain_cohere),
    Client("langchain-community, Jina", "langchain_community", langchain_jina),
    Client("langchain-community, Infinity", "infinity_client", langchain_infinity, None),
    Client("llama-index, Cohere", "llama_index.postprocessor.cohere_rerank", llama_index_cohere),
    Client("llama-index, Jina", "llama_index.postprocessor.jinaai_rerank", llama_index_jina),
    Client("haystack, Cohere", "haystack_integrations.components.rankers.cohere", haystack_cohere),
    Client("haystack, Jina", "haystack_integrations.components.rankers.jina", haystack_jina),
    Client("boto3, bedrock-agent-runtime", "boto3", bedrock_rerank),
    Client("boto3, bedrock-runtime", "boto3", bedrock_invoke),
    Client("infinity-client", "infinity_client", infinity),
    Client("xinference-client", "xinference_client", xinference),
]

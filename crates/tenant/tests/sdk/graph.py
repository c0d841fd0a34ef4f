"""Lists, filters, pages and reads changes of users, groups and members with Microsoft's Graph SDK for Python, and prints what it saw as JSON.

Signs in three ways: azure-identity with the certificate, MSAL with the certificate, MSAL with a secret.
"""

import asyncio
import json
import os

import msal
from azure.identity import CertificateCredential
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.groups.delta.delta_request_builder import DeltaRequestBuilder as GroupDelta
from msgraph.generated.models.group import Group
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.user import User
from msgraph.generated.users.delta.delta_request_builder import DeltaRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder

URL = os.environ["TENANT_URL"]
TENANT = os.environ["TENANT_ID"]
CERTIFICATE = os.environ["CERTIFICATE"]
CLIENT_ID = os.environ["CLIENT_ID"]
SCOPE = "https://graph.microsoft.com/.default"


def client() -> GraphServiceClient:
    credential = CertificateCredential(
        TENANT, CLIENT_ID, certificate_path=CERTIFICATE, authority=URL, disable_instance_discovery=True
    )
    provider = AzureIdentityAuthenticationProvider(credential, scopes=[SCOPE], allowed_hosts=["localhost"])
    adapter = GraphRequestAdapter(provider)
    # The SDK's own default ends with a slash, so paths hold two in a row.
    adapter.base_url = f"{URL}/v1.0/"
    return GraphServiceClient(request_adapter=adapter)


def query(**options):
    parameters = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(**options)
    return UsersRequestBuilder.UsersRequestBuilderGetRequestConfiguration(query_parameters=parameters)


async def pages(graph: GraphServiceClient, **options) -> list:
    page = await graph.users.get(request_configuration=query(**options))
    seen = []
    while True:
        seen.append([user.display_name for user in page.value])
        if not page.odata_next_link:
            return seen
        page = await graph.users.with_url(page.odata_next_link).get()


async def changes(graph: GraphServiceClient, link: str | None) -> tuple:
    if link:
        page = await graph.users.delta.with_url(link).get()
    else:
        parameters = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(select=["displayName"])
        page = await graph.users.delta.get(
            request_configuration=DeltaRequestBuilder.DeltaRequestBuilderGetRequestConfiguration(query_parameters=parameters)
        )
    users = list(page.value)
    while page.odata_next_link:
        page = await graph.users.delta.with_url(page.odata_next_link).get()
        users.extend(page.value)
    return [(user.id, user.additional_data.get("@removed")) for user in users], page.odata_delta_link


async def groups(graph: GraphServiceClient) -> dict:
    """Makes a group, takes everyone in, pages through the members, reads their changes, and deletes it."""
    everyone = (await graph.users.get(request_configuration=query(top=999, select=["id"]))).value
    made = await graph.groups.post(Group(display_name="Team", mail_nickname="team", mail_enabled=False, security_enabled=True))
    group = graph.groups.by_group_id(made.id)
    for user in everyone:
        await group.members.ref.post(ReferenceCreate(odata_id=f"{URL}/v1.0/directoryObjects/{user.id}"))
    page = await group.members.with_url(f"{URL}/v1.0/groups/{made.id}/members?$top=8").get()
    members = [page.value]
    while page.odata_next_link:
        page = await group.members.with_url(page.odata_next_link).get()
        members.append(page.value)
    changed = await graph.groups.delta.get(
        request_configuration=GroupDelta.DeltaRequestBuilderGetRequestConfiguration(
            query_parameters=GroupDelta.DeltaRequestBuilderGetQueryParameters(select=["displayName", "members"])
        )
    )
    told = [entry for entry in changed.value if entry.id == made.id][0].additional_data["members@delta"]
    await group.members.by_directory_object_id(everyone[0].id).ref.delete()
    after = await graph.groups.delta.with_url(changed.odata_delta_link).get()
    gone = [entry.additional_data["members@delta"] for entry in after.value]
    member_of = await graph.users.by_user_id(everyone[1].id).member_of.get()
    contacts = await graph.contacts.get()
    await group.delete()
    return {
        "members": [len(page) for page in members],
        "types": sorted({type(member).__name__ for page in members for member in page}),
        "delta": len(told),
        "gone": [[len(entry), "@removed" in json.dumps(entry, default=str)] for entry in gone],
        "member_of": [entry.display_name for entry in member_of.value if isinstance(entry, Group)],
        "contacts": [contact.display_name for contact in contacts.value],
        "left": len((await graph.groups.get()).value),
    }


def msal_token(credential) -> bool:
    app = msal.ConfidentialClientApplication(
        os.environ["SECRET_CLIENT_ID"] if isinstance(credential, str) else CLIENT_ID,
        authority=f"{URL}/{TENANT}",
        client_credential=credential,
        instance_discovery=False,
    )
    answer = app.acquire_token_for_client(scopes=[SCOPE])
    if "access_token" not in answer:
        raise RuntimeError(answer)
    return True


async def main() -> None:
    graph = client()
    everyone = await pages(graph)
    names = [name for page in everyone for name in page]
    filtered = await graph.users.get(request_configuration=query(filter="startsWith(displayName,'user1')", select=["displayName", "id"]))
    paged = await pages(graph, top=7, orderby=["displayName"])
    first, link = await changes(graph, None)
    made = await graph.users.post(
        User(
            account_enabled=True,
            display_name="From Python",
            mail_nickname="python",
            user_principal_name="python@contoso.example",
            password_profile=PasswordProfile(password="Correct-Horse-9", force_change_password_next_sign_in=True),
        )
    )
    second, link = await changes(graph, link)
    await graph.users.by_user_id(made.id).delete()
    third, _ = await changes(graph, link)
    one = await graph.users.by_user_id("user03@contoso.example").get()
    pem = open(CERTIFICATE, encoding="ascii").read()
    signed_in = [
        msal_token({"private_key": pem, "public_certificate": pem}),
        msal_token(os.environ["SECRET"]),
    ]
    print(
        json.dumps(
            {
                "listed": len(names),
                "filtered": sorted(user.display_name for user in filtered.value),
                "pages": [len(page) for page in paged],
                "sorted": [name for page in paged for name in page],
                "delta": len(first),
                "created": [identity == made.id for identity, _ in second],
                "removed": [[identity == made.id, removed] for identity, removed in third],
                "one": one.display_name,
                "groups": await groups(graph),
                "signed_in": signed_in,
            }
        )
    )


asyncio.run(main())

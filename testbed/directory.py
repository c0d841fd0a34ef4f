"""Opens a domain controller's database directly, as the system account: no network, and at once visible over LDAP."""
import ldb
from samba import param
from samba.auth import system_session
from samba.samdb import SamDB


def open_database(smb_conf, transaction_size=0):
    loadparm = param.LoadParm()
    loadparm.load(str(smb_conf))
    loadparm.set("log level", "0")
    options = []
    if transaction_size:
        # Without these, each operation opens a nested transaction and the index is rehashed: quadratic in size.
        options = ["batch_mode:1", "transaction_index_cache_size:%d" % max(200_000, 4 * transaction_size)]
    # A testbed that loses its last second in a power cut is made again; a sync to disk per change would cost far more.
    return SamDB(url=loadparm.private_path("sam.ldb"), session_info=system_session(), lp=loadparm, flags=ldb.FLG_NOSYNC, options=options)

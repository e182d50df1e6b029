#!/bin/sh
# Makes short-lived certificates for development: a CA and a server certificate, and a client CA with
# a certificate as the API server would show.  certs/make-dev-certs.sh [DIR]    (DIR: build/certs)
set -eu
umask 077
dir=${1:-build/certs}
days=30
mkdir -p "$dir"
cd "$dir"

with_certtool() {
    printf '%s\n' 'cn = "podgate development CA"' ca cert_signing_key "expiration_days = $days" >ca.cfg
    printf '%s\n' 'cn = "podgate.podgate.svc"' 'dns_name = "localhost"' 'dns_name = "podgate"' \
        'dns_name = "podgate.podgate.svc"' 'ip_address = "127.0.0.1"' 'ip_address = "::1"' \
        signing_key tls_www_server "expiration_days = $days" >tls.cfg
    printf '%s\n' 'cn = "podgate development client CA"' ca cert_signing_key "expiration_days = $days" >client-ca.cfg
    printf '%s\n' 'cn = "kube-apiserver"' signing_key tls_www_client "expiration_days = $days" >client.cfg
    for name in ca tls client-ca client; do
        certtool --generate-privkey --key-type=ecdsa --curve=secp256r1 --no-text --outfile "$name.key"
    done
    certtool --generate-self-signed --load-privkey ca.key --template ca.cfg --no-text --outfile ca.crt
    certtool --generate-self-signed --load-privkey client-ca.key --template client-ca.cfg --no-text --outfile client-ca.crt
    certtool --generate-certificate --load-privkey tls.key --load-ca-certificate ca.crt \
        --load-ca-privkey ca.key --template tls.cfg --no-text --outfile tls.crt
    certtool --generate-certificate --load-privkey client.key --load-ca-certificate client-ca.crt \
        --load-ca-privkey client-ca.key --template client.cfg --no-text --outfile client.crt
    rm -f ca.cfg tls.cfg client-ca.cfg client.cfg
}

new_key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1"; }
openssl_ca() { # FILES CN
    new_key "$1.key"
    printf '%s\n' '[req]' 'prompt = no' 'distinguished_name = dn' 'x509_extensions = ext' '[dn]' "CN = $2" '[ext]' \
        'basicConstraints = critical, CA:TRUE' 'keyUsage = critical, keyCertSign, cRLSign' \
        'subjectKeyIdentifier = hash' >"$1.cfg"
    openssl req -new -x509 -sha256 -days "$days" -key "$1.key" -config "$1.cfg" -out "$1.crt"
    rm -f "$1.cfg"
}
openssl_leaf() { # FILES CN CA EXTENSION...
    name=$1 cn=$2 ca=$3
    shift 3
    new_key "$name.key"
    printf '%s\n' '[req]' 'prompt = no' 'distinguished_name = dn' '[dn]' "CN = $cn" >"$name.cfg"
    printf '%s\n' 'basicConstraints = critical, CA:FALSE' 'keyUsage = critical, digitalSignature' \
        'subjectKeyIdentifier = hash' 'authorityKeyIdentifier = keyid' "$@" >"$name.ext"
    openssl req -new -sha256 -key "$name.key" -config "$name.cfg" -out "$name.csr"
    openssl x509 -req -sha256 -days "$days" -in "$name.csr" -CA "$ca.crt" -CAkey "$ca.key" \
        -set_serial "0x1$(openssl rand -hex 15)" -extfile "$name.ext" -out "$name.crt"
    rm -f "$name.cfg" "$name.ext" "$name.csr"
}
with_openssl() {
    openssl_ca ca "podgate development CA"
    openssl_leaf tls podgate.podgate.svc ca 'extendedKeyUsage = serverAuth' \
        'subjectAltName = DNS:localhost, DNS:podgate, DNS:podgate.podgate.svc, IP:127.0.0.1, IP:::1'
    openssl_ca client-ca "podgate development client CA"
    openssl_leaf client kube-apiserver client-ca 'extendedKeyUsage = clientAuth'
}

if command -v certtool >/dev/null 2>&1 && [ "${PODGATE_CERTS_WITH:-}" != openssl ]; then tool=certtool; else tool=openssl; fi
# In a condition, set -e would be off inside.
set +e
(set -e; "with_$tool") >make.log 2>&1
status=$?
set -e
if [ "$status" != 0 ]; then
    cat make.log >&2
    echo "$tool could not make the certificates in $dir" >&2
    exit 1
fi
rm -f make.log
chmod 0600 ./*.key
chmod 0644 ./*.crt
echo "certificates for $days days in $dir: tls.crt and tls.key (server), ca.crt (for its clients), client.crt and client.key (signed by client-ca.crt)"

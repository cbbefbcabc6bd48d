#!/bin/sh
# A message by curl and openssl: generic_api.sh HOOK SECRET CHAT NAME TEXT
# The texts must hold no quotation marks: this is an example of signing, not of writing JSON.
set -eu
id="msg_$(date +%s%N)"
now=$(date +%s)
body="{\"type\":\"message\",\"id\":\"$id\",\"at\":${now}000,\"chat\":{\"id\":\"$3\"},\"sender\":{\"id\":\"$3\",\"name\":\"$4\"},\"text\":\"$5\"}"
key=$(printf %s "${2#whsec_}" | base64 -d | od -An -tx1 | tr -d ' \n')
signature=$(printf %s "$id.$now.$body" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)
curl --fail --silent --show-error --data-binary "$body" "$1" \
    -H 'content-type: application/json' -H "webhook-id: $id" -H "webhook-timestamp: $now" -H "webhook-signature: v1,$signature"

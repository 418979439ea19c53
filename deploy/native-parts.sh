# Builds, in the image, the addons and the Redis that `trainer serve` starts; sources and headers do not stay. libtorch is there.
set -e
npm run build:native
test -f packages/tokenizers/build/sentencepiece.node
mkdir /opt/trainer/bin
mv "$(node apps/cli/valkey/fetch-valkey.js | tail -n 1)" /opt/trainer/bin/redis-server
rm -rf packages/*/build/cmake /opt/trainer/*/torch/include /opt/trainer/*/nvidia/*/include /opt/trainer/sentencepiece-*
chmod -R a+rX /opt/trainer

#!/bin/sh
# Runs in every new instance before its processes, where the ports and the
# environment are known: the place to write configuration files.
echo "port=$PORT_WWW" >settings.conf
echo "Wrote settings.conf for instance $DOTCLOUD_SERVICE_ID"

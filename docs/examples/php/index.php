<?php
header('Content-Type: text/plain');
printf("Hello from %s on PHP, %s\n", getenv('DOTCLOUD_PROJECT'),
    $_SERVER['PATH_INFO'] ?: $_SERVER['REQUEST_URI']);

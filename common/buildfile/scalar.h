/* common/buildfile/scalar.h -- what a scalar without quotes means. */
#ifndef DC_SCALAR_H
#define DC_SCALAR_H

#include "common/buildfile/yaml.h"

/* As YAML 1.1 has it: yes, on and True are booleans, ~ and nothing null. */
enum dc_yaml_kind dc_scalar_kind(const char *text);

#endif

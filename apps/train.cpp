// onramp-train CONFIG.yaml: collects, learns, improves on line, evaluates; continues what was stopped.
#include "apps/catalog.h"
#include "onramp/training/run_train.h"

int main(int argc, char** argv) { return onramp::run_train(onramp::builtin_catalog(), argc, argv); }

/** Where the test runner writes of each run. */
export const TESTS_TAP = '.tap/results.tap'
export const FAULTS_TAP = '.tap/faults.tap'
